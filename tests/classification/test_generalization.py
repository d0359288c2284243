"""Bounds of the risk held against the binomial distribution, which is what a sum of zero-one losses has."""
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, norm

from edugen.classification import (
    dichotomies,
    empirical_risk,
    examples_needed,
    failure_probability,
    gaussian_risk,
    half_space,
    risk_bound,
    risk_gap,
)


def apart(n, p, epsilon):
    """The probability itself that n zero-one losses of mean p have a mean that is epsilon or more away."""
    k = np.arange(n + 1)
    return binom.pmf(k, n, p)[np.abs(k / n - p) >= epsilon - 1e-12].sum()


CASES = [(n, p, epsilon) for n in (1, 2, 3, 8, 40, 300, 2000) for p in (0.02, 0.1, 0.3, 0.5, 0.8)
         for epsilon in (0.01, 0.03, 0.1, 0.2, 0.5)] + [(20_000, 0.5, 0.05)]


def holds(bound):
    return all(apart(n, p, epsilon) <= bound(n, epsilon) * (1 + 1e-9) for n, p, epsilon in CASES)


# The risks ----------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("2.97", "2.98")
def test_empirical_risk_is_the_mean_of_losses_and_its_expectation_the_risk(rng):
    losses = rng.random(7)
    total = 0.0
    for loss in losses:                                                          # S_n = S_{n-1} + L_n
        total += loss
    assert math.isclose(empirical_risk(losses), total / 7, rel_tol=1e-14)
    p, n = 0.3, 5                                                                # E over all data sets of 5, enumerated
    every = (np.arange(2 ** n)[:, None] >> np.arange(n)) & 1
    weight = np.prod(np.where(every == 1, p, 1 - p), axis=1)
    assert math.isclose(sum(w * empirical_risk(row) for w, row in zip(weight, every, strict=True)), p, rel_tol=1e-13)


@pytest.mark.parametrize("losses", [np.array([]), np.array([0.5, 1.2]), np.array([-0.1]), np.ones((2, 2)), np.array([np.nan])])
def test_losses_that_no_bound_holds_for_are_refused(losses):
    with pytest.raises(ValueError, match=r"losses must be an array \(N,\) of at least one number from 0 to 1"):
        empirical_risk(losses)


@pytest.mark.parametrize("bias", [0.0, 0.7, -3.0])
def test_the_risk_of_two_gaussians_is_the_mean_loss_of_many_examples(rng, bias):
    w, mean, std, n = np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.4, 0.8]), 1.3, 400_000
    y = rng.choice([-1, 1], size=n)
    x = y[:, None] * mean + std * rng.normal(size=(n, 3))
    wrong, risk = np.mean(np.sign(x @ w + bias) != y), gaussian_risk(w, bias, mean, std)
    assert abs(wrong - risk) < 4 * math.sqrt(risk * (1 - risk) / n)
    score = lambda s, y: norm.pdf(s, y * (w @ mean) + bias, std * np.linalg.norm(w))
    area = quad(score, -60, 0, args=(1,), points=[0])[0] / 2 + quad(score, 0, 60, args=(-1,), points=[0])[0] / 2
    assert math.isclose(risk, area, rel_tol=1e-7)
    np.testing.assert_allclose(gaussian_risk(np.stack([w, 2 * w]), np.array([bias, 2 * bias]), mean, std), risk)


def test_the_middle_plane_has_the_least_risk(rng):
    mean = rng.normal(size=4)
    best = gaussian_risk(mean, 0.0, mean)
    assert math.isclose(best, norm.cdf(-np.linalg.norm(mean)), rel_tol=1e-12)    # Bayes' classifier
    assert np.all(gaussian_risk(rng.normal(size=(500, 4)), rng.normal(size=500), mean) > best)


# One model ----------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("2.99")
def test_hoeffding_is_never_below_the_binomial_tails():
    assert holds(failure_probability)


@pytest.mark.parametrize("constant, factor", [(2.1, 2), (3, 2), (2, 1.6), (2, 1)])
def test_a_smaller_bound_is_broken_somewhere(constant, factor):
    """So what never fails above is not just large: both of its constants are the best that there are."""
    assert not holds(lambda n, epsilon: factor * math.exp(-constant * n * epsilon ** 2))


def test_the_exponent_is_that_of_a_fair_coin():
    """-log p / (n epsilon^2) falls to 2 as n grows and then epsilon shrinks, for p = 1/2 alone."""
    rate = lambda p: -math.log(apart(200_000, p, 0.02)) / (200_000 * 0.02 ** 2)
    assert 2 < rate(0.5) < 2.1 and rate(0.1) > 4


@pytest.mark.equation("2.100")
def test_violations_over_100_000_data_sets_are_as_often_as_the_tails_say(rng):
    n, p, delta = 200, 0.3, 0.05
    epsilon = risk_gap(n, delta)
    gap = np.abs(rng.binomial(n, p, size=100_000) / n - p)
    failed, exact = np.mean(gap >= epsilon), apart(n, p, epsilon)
    assert abs(failed - exact) < 4 * math.sqrt(exact / 100_000) and exact < delta                # (2.100), with 1 - delta


@pytest.mark.equation("2.101", "2.102", "2.103", "2.104")
@pytest.mark.parametrize("models", [1, 7, 10 ** 9])
def test_gap_and_probability_are_each_others_inverse(models):
    n, delta = np.array([1, 10, 5000])[:, None], np.array([1e-12, 0.05, 0.9])
    epsilon = risk_gap(n, delta, models)
    np.testing.assert_allclose(failure_probability(n, epsilon, models), np.broadcast_to(delta, (3, 3)), rtol=1e-9)      # (2.101)
    np.testing.assert_allclose(-2 * n * epsilon ** 2, np.broadcast_to(np.log(delta / (2 * models)), (3, 3)))            # (2.102)
    np.testing.assert_allclose(epsilon ** 2, (math.log(models) + np.log(2 / delta)) / (2 * n))                          # (2.103)


@pytest.mark.equation("2.105")
@pytest.mark.parametrize("p", [0.02, 0.3, 0.5])
def test_risk_is_below_its_bound_with_the_probability_that_was_asked_for(p):
    n, k = 150, np.arange(151)
    for delta in (0.01, 0.05, 0.3):
        failed = binom.pmf(k, n, p)[p >= risk_bound(k / n, n, delta)].sum()
        assert failed <= delta / 2                                               # only one of the two sides can fail
        assert np.all(risk_bound(k / n, n, delta) > k / n)


@pytest.mark.parametrize("epsilon, delta, models", [(0.1, 0.05, 1), (0.01, 0.5, 3), (0.03, 1e-6, 10 ** 6), (2.0, 0.99, 1)])
def test_examples_needed_are_the_fewest(epsilon, delta, models):
    n = examples_needed(epsilon, delta, models)
    assert isinstance(n, int) and risk_gap(n, delta, models) <= epsilon
    assert n == 1 or risk_gap(n - 1, delta, models) > epsilon


# Many models --------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("2.106")
def test_union_bound_on_events_that_overlap(rng):
    events = rng.random((6, 4000)) < rng.random((6, 1)) * 0.3
    events[1] = events[0]                                                        # the same twice: counted twice on the right
    assert np.mean(events.any(axis=0)) <= np.sum(events.mean(axis=1))
    apart_ = np.arange(6)[:, None] == rng.integers(12, size=4000)                # no two at once: nothing is lost
    assert math.isclose(np.mean(apart_.any(axis=0)), np.sum(apart_.mean(axis=1)))


@pytest.mark.equation("2.107", "2.108", "2.109")
@pytest.mark.parametrize("models", [2, 20, 1000])
def test_the_worst_of_many_models_keeps_the_bound_with_log_models_and_breaks_it_without(models):
    n, p, delta = 60, 0.5, 0.05
    any_of = lambda epsilon: 1 - (1 - apart(n, p, epsilon)) ** models            # of independent models: exact
    assert any_of(risk_gap(n, delta, models)) <= delta
    assert math.isclose(failure_probability(n, risk_gap(n, delta, models), models), delta)          # (2.108)
    if models > 2:
        assert any_of(risk_gap(n, delta)) > delta                                # one model's epsilon, once all are looked at
    for epsilon in (0.05, 0.1, 0.2, 0.3):
        assert any_of(epsilon) <= models * apart(n, p, epsilon) + 1e-12 <= failure_probability(n, epsilon, models) + 2e-12


def test_a_bound_for_one_model_fails_for_the_best_of_many_and_the_union_repairs_it(rng):
    """Choosing the least empirical risk among 200 coins is choosing the luckiest."""
    n, models, delta = 100, 200, 0.05
    best = rng.binomial(n, 0.5, size=(4000, models)).min(axis=1) / n
    assert np.mean(0.5 >= risk_bound(best, n, delta)) > 5 * delta
    assert np.mean(0.5 >= risk_bound(best, n, delta, models)) <= delta
    one = rng.binomial(n, 0.5, size=4000) / n                                    # a model that was fixed before
    assert np.mean(0.5 >= risk_bound(one, n, delta)) <= delta


def test_the_examples_needed_grow_with_the_logarithm_of_the_models():
    n = np.array([examples_needed(0.05, 0.05, 10 ** k) for k in (1, 2, 3, 4, 8)])
    np.testing.assert_allclose(np.diff(n)[:3], math.log(10) / (2 * 0.05 ** 2), atol=1)
    assert n[-1] - n[-2] < 4.01 * (n[1] - n[0])


@pytest.mark.parametrize("call, message", [
    (lambda: risk_gap(0, 0.05), "n must be a number of examples, at least 1, got 0"),
    (lambda: risk_gap(10, 0), "delta must be a probability of failure between 0 and 1, got 0"),
    (lambda: risk_gap(10, 1.0), "delta must be"),
    (lambda: failure_probability(10, 0.1, models=0), "models must be how many are chosen from, at least 1, got 0"),
    (lambda: risk_bound(1.2, 10, 0.1), "empirical must be a mean loss from 0 to 1, got 1.2"),
    (lambda: examples_needed(0.0, 0.1), "epsilon must be a positive number, got 0.0"),
    (lambda: gaussian_risk(np.zeros(2), 0.0, np.ones(2)), "w and std must not be zero"),
    (lambda: dichotomies(np.zeros((17, 2))), "x must be at most 16 points, got 17"),
])
def test_a_number_out_of_range_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Shattering ---------------------------------------------------------------------------------------------------------------

def interval(x, y):
    """Whether the points labeled 1 on a line are neighbors: some interval holds them alone."""
    labels = y[np.argsort(x[:, 0])]
    return np.sum(np.diff(np.concatenate([[-1], labels, [-1]])) > 0) <= 1


@pytest.mark.parametrize("d, n", [(1, 1), (1, 5), (2, 3), (2, 6), (3, 4), (3, 6)])
def test_half_spaces_label_points_in_as_many_ways_as_cover_counted(rng, d, n):
    """Points in general position: 2 (C(n-1, 0) + ... + C(n-1, d)) ways (Cover 1965)."""
    assert len(dichotomies(rng.normal(size=(n, d)))) == 2 * sum(math.comb(n - 1, k) for k in range(d + 1))


@pytest.mark.parametrize("d", [1, 2, 3])
def test_half_spaces_shatter_d_plus_1_points_and_no_more(rng, d):
    assert len(dichotomies(np.concatenate([np.zeros((1, d)), np.eye(d)]))) == 2 ** (d + 1)
    for _ in range(5):
        assert len(dichotomies(rng.normal(size=(d + 2, d)))) < 2 ** (d + 2)
    assert len(dichotomies(np.outer(np.arange(3.0), np.ones(d)))) == 6           # badly placed ones are not shattered


def test_intervals_shatter_two_points_on_a_line_and_not_three(rng):
    x = rng.normal(size=(5, 1))
    assert [len(dichotomies(x[:n], interval)) for n in range(1, 6)] == [2, 4, 7, 11, 16]


def test_every_labeling_that_is_returned_can_be_drawn(rng):
    x = rng.normal(size=(5, 2))
    every = dichotomies(x)
    assert set(map(tuple, every)) == set(map(tuple, -every)) and len(set(map(tuple, every))) == len(every)
    assert half_space(x, np.sign(x @ [1.0, -2.0] + 0.3)) and half_space(x, np.ones(5))
    tried = np.sign(x @ rng.normal(size=(2, 20_000)) + rng.normal(size=20_000)).T
    assert set(map(tuple, tried.astype(int))) <= set(map(tuple, every))
