"""Regret against closed forms, best points against SciPy and enumeration, and how fast regret grows."""
import math

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from edugen.classification import SGD, Adagrad, Adam, Decay, growth, hindsight, play, regret, rmsprop


def squared(theta, rounds):
    """Least squares: a round brings inputs and, last, the target."""
    return (rounds[:, :-1] @ theta - rounds[:, -1]) ** 2 / 2


def linear(theta, rounds):
    return rounds @ theta


def regression(rng, T, D=5, noise=0.5):
    x = rng.normal(size=(T, D))
    return np.column_stack([x, x @ np.linspace(-1, 1, D) + noise * rng.normal(size=T)])


# The game ---------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.89")
@pytest.mark.parametrize("paid", ["before", "after"])
def test_regret_of_the_running_mean(paid, rng):
    """On (theta - z)^2 / 2 a step of 1/t stands at the mean so far, and all of (2.89) is known in closed form."""
    z = rng.normal(size=40)
    places = play(SGD(Decay(1.0)), lambda theta, z: (theta[0] - z) ** 2 / 2, np.zeros(1), z)
    means = np.cumsum(z) / np.arange(1, 41)
    np.testing.assert_allclose(places[1:, 0], means, rtol=1e-12)
    stood = np.concatenate([[0.0], means[:-1]]) if paid == "before" else means
    expected = [np.sum((stood[:T] - z[:T]) ** 2 - (means[T - 1] - z[:T]) ** 2) / 2 for T in (1, 7, 40)]
    found = regret(lambda theta, z: (theta[0] - z) ** 2 / 2, z, places, horizons=[1, 7, 40], paid=paid)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert np.all(found <= 1e-12) if paid == "after" else np.all(found > 0)


@pytest.mark.equation("2.89")
def test_who_pays_having_seen_the_loss_and_follows_the_leader_has_no_regret(rng):
    """Kalai and Vempala's "be the leader": so the timing of (2.89) is no detail, and its terms have no sign."""
    rounds = regression(rng, 60, D=3)
    leaders = np.array([np.zeros(3)] + [np.linalg.lstsq(rounds[:t, :-1], rounds[:t, -1], rcond=None)[0] for t in range(1, 61)])
    best = leaders[-1]
    terms = squared(best, rounds) - np.array([squared(theta, rounds[t:t + 1])[0] for t, theta in enumerate(leaders[1:])])
    assert regret(squared, rounds, leaders, paid="after")[0] < 0 and terms.sum() > 0 and terms.min() < 0
    np.testing.assert_allclose(regret(squared, rounds, leaders, paid="after")[0], -terms.sum(), rtol=1e-8)


def test_play_takes_the_gradient_where_it_stands_and_steps_back_into_the_box(rng):
    rounds = rng.normal(size=(30, 2)) + 0.5
    places, theta = play(SGD(0.7), linear, np.array([5.0, 0.0]), rounds, box=(-1, 1)), np.array([1.0, 0.0])
    for t in range(30):
        np.testing.assert_array_equal(places[t], theta)
        theta = np.clip(theta - 0.7 * rounds[t], -1, 1)
    np.testing.assert_array_equal(places[30], theta)
    assert places.shape == (31, 2) and places.min() == -1


def test_play_hands_on_the_optimizers_state(rng):
    rounds, optimizer = regression(rng, 20), Adam(0.1)
    theta, state = np.zeros(5), optimizer.init(np.zeros(5))
    for t in range(20):
        x, y = rounds[t, :-1], rounds[t, -1]
        theta, state = optimizer.step(theta, (x @ theta - y) * x, state)
    np.testing.assert_allclose(play(optimizer, squared, np.zeros(5), rounds)[-1], theta, rtol=1e-12)


# In hindsight -----------------------------------------------------------------------------------------------------------


def test_hindsight_on_least_squares(rng):
    rounds = regression(rng, 100) * np.array([1, 1, 30, 1, 0.01, 1])
    best = hindsight(squared, rounds, np.full(5, 3.0))
    np.testing.assert_allclose(best, np.linalg.lstsq(rounds[:, :-1], rounds[:, -1], rcond=None)[0], rtol=1e-6, atol=1e-8)


def test_hindsight_on_logistic_losses(rng):
    x, y = rng.normal(size=(80, 3)), rng.choice([-1.0, 1.0], size=(80, 1))
    loss = lambda theta, z: np.logaddexp(0, -z[:, -1] * (z[:, :-1] @ theta))
    rounds = np.column_stack([x, y])
    best = hindsight(loss, rounds, np.zeros(3))
    oracle = minimize(lambda w: np.mean(np.logaddexp(0, -y[:, 0] * (x @ w))), np.zeros(3), method="Nelder-Mead",
                      options={"xatol": 1e-10, "fatol": 1e-15, "maxiter": 10_000}).x
    np.testing.assert_allclose(best, oracle, atol=1e-6)
    p = 1 / (1 + np.exp(-y[:, 0] * (x @ best)))
    assert np.max(np.abs(((1 - p) * y[:, 0]) @ x)) / 80 < 1e-8


@pytest.mark.parametrize("box", [(-0.4, 0.3), (0.2, 5.0), (-9.0, 9.0)])
def test_hindsight_in_a_box_that_holds_some_parameters(box, rng):
    """Correlated inputs: what one wall holds moves the others, so clipping the free solution would be wrong."""
    x = rng.normal(size=(60, 4)) @ (np.eye(4) + 0.6)
    rounds = np.column_stack([x, x @ np.array([0.8, -0.6, 0.1, 0.25]) + 0.1 * rng.normal(size=60)])
    best, A = hindsight(squared, rounds, np.zeros(4), box), x.T @ x
    oracle = np.clip(np.zeros(4), *box)
    for _ in range(20_000):                                     # coordinate descent
        for i in range(4):
            oracle[i] = np.clip(oracle[i] - (A[i] @ oracle - x[:, i] @ rounds[:, -1]) / A[i, i], *box)
    np.testing.assert_allclose(best, oracle, atol=1e-7)
    clipped = np.clip(np.linalg.solve(A, x.T @ rounds[:, -1]), *box)
    assert box == (-9.0, 9.0) or not np.allclose(best, clipped, atol=1e-3)


def test_hindsight_on_linear_losses_is_a_corner(rng):
    rounds = rng.normal(size=(50, 3))
    np.testing.assert_array_equal(hindsight(linear, rounds, np.zeros(3), (-2, 1)), np.where(rounds.sum(axis=0) > 0, -2.0, 1.0))


def test_hindsight_that_is_at_a_kink_or_at_infinity_is_refused():
    distance = lambda theta, z: np.abs(theta[0] - z)
    with pytest.raises(ArithmeticError, match=r"of the 3 rounds' average loss .* kink, or at infinity"):
        hindsight(distance, np.array([0.0, 0.0, 5.0]), np.full(1, 3.0))
    with pytest.raises(ArithmeticError, match="a slope of .* is left"):
        hindsight(linear, np.ones((3, 1)), np.zeros(1))
    z = np.array([0.0, 1.0, 5.0])
    places = play(SGD(0.5), distance, np.zeros(1), z)
    median = regret(distance, z, places, comparator=np.array([1.0]))
    np.testing.assert_allclose(median, sum(abs(p[0] - a) - abs(1 - a) for p, a in zip(places, z, strict=False)))


# How it grows -----------------------------------------------------------------------------------------------------------


HORIZONS = [100, 300, 1000, 3000]
STREAMS = {"squared": (squared, None), "logistic": (lambda theta, z: np.logaddexp(0, -z[:, -1] * (z[:, :-1] @ theta)), None)}


def stream(kind, rng, T):
    rounds = regression(rng, T)
    if kind == "logistic":
        rounds[:, -1] = np.where(rng.random(T) < 1 / (1 + np.exp(-2 * rounds[:, -1])), 1.0, -1.0)
    return rounds


@pytest.mark.slow
@pytest.mark.equation("2.89")
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("optimizer, least, most", [
    (SGD(lambda t: 0.3 / math.sqrt(t)), 0.0, 0.55), (Adagrad(1.0), 0.0, 0.55), (Adam(lambda t: 0.3 / math.sqrt(t)), 0.0, 0.55),
    (SGD(0.0), 0.97, 1.03)], ids=["SGD", "Adagrad", "Adam", "constant"])
def test_regret_grows_with_the_root_of_time_and_that_of_a_constant_learner_with_time(kind, optimizer, least, most, rng):
    """Averages over four streams: no claim about chance is made, for seeds are fixed; single slopes scatter by 0.1."""
    loss, box = STREAMS[kind]
    total = np.zeros(len(HORIZONS))
    for _ in range(4):
        rounds = stream(kind, rng, HORIZONS[-1])
        total += regret(loss, rounds, play(optimizer, loss, np.zeros(5), rounds, box), box, HORIZONS)
    slope = growth(HORIZONS, total)
    assert least <= slope <= most, slope


@pytest.mark.slow
def test_adagrads_regret_is_smaller_where_gradients_are_sparse(rng):
    """Rare inputs carry as much as frequent ones: a rate for each parameter pays, whatever the common rate of SGD."""
    T, D = 2000, 40
    x = (rng.random((T, D)) < 1 / np.arange(1, D + 1) ** 1.2) * rng.choice([-1.0, 1.0], size=(T, D))
    rounds = np.column_stack([x, x @ rng.normal(size=D) + 0.1 * rng.normal(size=T)])
    box = (-4.0, 4.0)
    best = {name: min(regret(squared, rounds, play(make(lr), squared, np.zeros(D), rounds, box), box)[0] for lr in rates)
            for name, make, rates in (("SGD", lambda lr: SGD(lambda t: lr / math.sqrt(t)), (0.3, 1.0, 3.0, 10.0)),
                                      ("Adagrad", Adagrad, (0.3, 1.0, 3.0)))}
    assert best["Adagrad"] < 0.8 * best["SGD"], best


@pytest.mark.slow
def test_adams_regret_is_linear_on_a_convex_stream_of_reddi_et_al():
    """Slopes 3, -1, -1, 3, ... in a box: downhill is left. Adam divides the rare large one by its size, and drifts right."""
    rounds, box = np.tile([3.0, -1.0, -1.0], 1000)[:, None], (-1.0, 1.0)
    rate = lambda t: 0.5 / math.sqrt(t)
    horizons, found = [300, 1000, 3000], {}
    for name, optimizer in (("Adam", rmsprop(rate, beta2=0.1)), ("SGD", SGD(rate))):
        places = play(optimizer, linear, np.zeros(1), rounds, box)
        found[name] = regret(linear, rounds, places, box, horizons)
        by_hand = [np.sum(places[:T, 0] * rounds[:T, 0]) + rounds[:T].sum() for T in horizons]          # the best stands at -1
        np.testing.assert_allclose(found[name], by_hand, rtol=1e-10)
    assert growth(horizons, found["Adam"]) > 0.97 and growth(horizons, found["SGD"]) < 0.55
    assert found["Adam"][-1] > 0.6 * 3000 and found["SGD"][-1] < 100


def test_growth_is_the_least_squares_slope(rng):
    T = np.array([10, 20, 50, 400])
    R = T ** 0.7 * np.exp(0.1 * rng.normal(size=4))
    oracle = minimize_scalar(lambda p: np.var(np.log(R) - p * np.log(T)))
    np.testing.assert_allclose(growth(T, R), oracle.x, atol=1e-6)


# What is refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, message", [
    (lambda z, p: play(SGD(0.1), linear, 0.0, z), r"theta must be an array \(D,\), got shape \(\)"),
    (lambda z, p: play(SGD(0.1), linear, np.zeros(2), z, box=(1, 1)), r"box must be a pair \(low, high\) .*got \(1, 1\)"),
    (lambda z, p: play(SGD(0.1), lambda theta, z: np.sum(z @ theta), np.zeros(2), z),
     r"one number for each of the 1 rounds, got shape \(\)"),
    (lambda z, p: regret(linear, z, p, paid="later"), 'paid must be "before" or "after"'),
    (lambda z, p: regret(linear, z, p[1:]), r"places must be an array \(T \+ 1, D\) for T = 4 rounds, got shape \(4, 2\)"),
    (lambda z, p: regret(linear, z, p, horizons=[0, 4]), "between 1 and the 4 rounds"),
    (lambda z, p: regret(linear, z, p, horizons=[5]), r"between 1 and the 4 rounds that were played, got \[5\]"),
    (lambda z, p: growth([10], np.ones(1)), "two horizons or more"),
    (lambda z, p: growth([10, 20], np.array([1.0, -1.0])), "positive regrets"),
])
def test_what_does_not_fit_is_named(call, message, rng):
    with pytest.raises(ValueError, match=message):
        call(rng.normal(size=(4, 2)), np.zeros((5, 2)))
