"""PAC-Bayes by enumeration where models are few, by quadrature where they are a continuum, and a certificate held to its word."""
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import rel_entr
from scipy.stats import binom, norm

from edugen.classification import binary_kl, certify, gaussian_risk, kl_inverse, pac_bayes_bound, tighten
from edugen.distributions import Bernoulli, Categorical, DiagonalNormal, kl

GRID = np.array([0, 1e-9, 0.01, 0.1, 0.3, 0.5, 0.77, 0.99, 1 - 1e-9, 1])


# Two coins ----------------------------------------------------------------------------------------------------------------

def test_binary_kl_is_scipys():
    q, p = np.meshgrid(GRID, GRID)
    np.testing.assert_allclose(binary_kl(q, p), rel_entr(q, p) + rel_entr(1 - q, 1 - p), rtol=1e-7, atol=1e-14)


@pytest.mark.parametrize("c", [0.0, 1e-6, 0.01, 0.3, 2.0])
def test_inverse_is_the_end_of_the_interval(c):
    q = GRID[1:-1]
    upper, lower = kl_inverse(q, c), kl_inverse(q, c, side="lower")
    assert np.all(lower <= q) and np.all(q <= upper)
    if c:
        inner = (upper < 1 - 1e-12) & (lower > 1e-12)
        np.testing.assert_allclose(binary_kl(q, upper)[inner], c, atol=1e-10)
        np.testing.assert_allclose(binary_kl(q, lower)[inner], c, atol=1e-10)
    np.testing.assert_allclose(kl_inverse(0.0, c), 1 - math.exp(-c), atol=1e-15)
    assert kl_inverse(1.0, c) == 1 and kl_inverse(0.0, c, side="lower") == 0
    np.testing.assert_allclose(kl_inverse(1 - q, c, side="lower"), 1 - upper, atol=1e-12)


@pytest.mark.parametrize("q, c", [(1.1, 0.1), (-0.1, 0.1), (0.5, -0.1), (np.nan, 0.1)])
def test_inverse_refuses_what_is_no_probability(q, c):
    with pytest.raises(ValueError, match="kl_inverse takes q from 0 to 1 and c of at least 0"):
        kl_inverse(q, c)


def test_inverse_refuses_another_side():
    with pytest.raises(ValueError, match="side must be \"upper\" or \"lower\", got 'both'"):
        kl_inverse(0.2, 0.1, side="both")


@pytest.mark.equation("2.113")
def test_pinsker_holds_everywhere_and_its_one_half_is_the_least():
    q, p = np.meshgrid(np.linspace(0, 1, 201), np.linspace(0.001, 0.999, 200))
    assert np.all((q - p) ** 2 <= binary_kl(q, p) / 2 + 1e-15)
    close = np.array([0.5, 0.51])
    assert (close[0] - close[1]) ** 2 > 0.4995 * binary_kl(*close)


# The bound ----------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("2.110")
@pytest.mark.parametrize("n, p", [(1, 0.5), (5, 0.3), (30, 0.5), (200, 0.05), (200, 0.5)])
def test_one_model_fails_no_more_often_than_delta(n, p):
    """With Q = P on one model it is a bound on the tails of a binomial; exact, by summing them."""
    k = np.arange(n + 1)
    for delta in (0.01, 0.1, 0.6):
        assert binom.pmf(k, n, p)[binary_kl(k / n, p) > math.log((n + 1) / delta) / n].sum() <= delta


def test_without_the_n_plus_1_it_would_fail():
    assert binary_kl(0.0, 0.5) == binary_kl(1.0, 0.5) > math.log(1 / 0.51)       # one throw: always further, with delta = 0.51


@pytest.mark.equation("2.110", "2.115")
@pytest.mark.parametrize("relaxed", [False, True])
def test_choosing_the_best_of_many_keeps_the_bound_and_breaks_it_without_the_divergence(relaxed):
    """P uniform over 1,000 fair coins, Q all on the one with fewest losses: KL(Q||P) = log 1000. Exact, by the least of them."""
    n, models, delta = 20, 1000, 0.1
    k = np.arange(n + 1)
    at_least = 1 - np.concatenate([[0], np.cumsum(binom.pmf(k, n, 0.5))])
    least = at_least[:-1] ** models - np.clip(at_least[1:], 0, 1) ** models      # p(minimum = k)
    assert math.isclose(least.sum(), 1, rel_tol=1e-9)
    uniform, chosen = Categorical(probs=np.full(models, 1 / models)), Categorical(probs=np.eye(models)[7])
    assert math.isclose(kl(chosen, uniform), math.log(models))
    fails = lambda divergence: least[pac_bayes_bound(k / n, divergence, n, delta, relaxed) < 0.5].sum()
    assert fails(math.log(models)) <= delta
    assert fails(0.0) > (0.1 if relaxed else 0.7)


@pytest.mark.equation("2.111", "2.112")
def test_risks_of_a_distribution_are_means_over_models(rng):
    """A Gaussian over linear classifiers of two Gaussian clouds: E_Q[R] by quadrature, and by drawing models and data."""
    mean = np.array([1.0, 0.5])
    angle, std, draws = 0.4, 0.3, 4000                                           # one parameter: the direction
    risk = lambda t: gaussian_risk(np.array([math.cos(t), math.sin(t)]), 0.0, mean)
    exact = quad(lambda t: norm.pdf(t, angle, std) * risk(t), -2, 3)[0]                             # (2.111)
    models = DiagonalNormal(np.array([angle]), np.array([std])).sample(rng, draws)[:, 0]
    w = np.stack([np.cos(models), np.sin(models)], axis=1)
    risks = gaussian_risk(w, 0.0, mean)
    assert abs(risks.mean() - exact) < 4 * risks.std() / math.sqrt(draws)
    y = rng.choice([-1, 1], size=3000)
    x = y[:, None] * mean + rng.normal(size=(3000, 2))
    table = np.sign(x @ w.T) != y[:, None]                                       # each example, each model
    assert math.isclose(table.mean(axis=0).mean(), table.mean(axis=1).mean())    # (2.112): means in either order
    assert abs(table.mean() - exact) < 4 * table.mean(axis=1).std() / math.sqrt(3000)


def test_divergence_of_two_gaussians_is_the_integral():
    q, p = DiagonalNormal(np.array([0.3]), np.array([0.5])), DiagonalNormal(np.array([-1.0]), np.array([1.5]))
    f = lambda t: norm.pdf(t, 0.3, 0.5) * (norm.logpdf(t, 0.3, 0.5) - norm.logpdf(t, -1.0, 1.5))
    assert math.isclose(kl(q, p), quad(f, -8, 8, epsabs=1e-12)[0], rel_tol=1e-8)


@pytest.mark.equation("2.114", "2.115")
def test_the_relaxed_bound_is_the_square_root_and_never_the_smaller():
    q, divergence, n = np.linspace(0, 1, 41)[:, None, None], np.array([0, 1.0, 30.0])[:, None], np.array([10, 1000])
    tight, relaxed = (pac_bayes_bound(q, divergence, n, 0.05, relaxed=r) for r in (False, True))
    root = np.sqrt((divergence + np.log((n + 1) / 0.05)) / (2 * n))
    np.testing.assert_allclose(relaxed - q, np.broadcast_to(root, relaxed.shape))                   # (2.115)
    assert np.all(tight <= relaxed + 1e-12) and np.all(tight - q <= root + 1e-12)                   # (2.114)
    assert np.min(tight[0] / relaxed[0]) < 0.15                                  # without losses it is much the smaller


@pytest.mark.parametrize("arguments, message", [
    ((0.1, 1.0, 10, 0.0), "delta must be a probability of failure between 0 and 1, got 0.0"),
    ((0.1, -1.0, 10, 0.1), "divergence must be at least 0 and n at least 1, got -1.0 and 10"),
    ((0.1, 1.0, 0, 0.1), "divergence must be at least 0 and n at least 1, got 1.0 and 0"),
    ((1.5, 1.0, 10, 0.1), "q from 0 to 1"),
])
def test_a_number_out_of_range_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        pac_bayes_bound(*arguments)


# The certificate ----------------------------------------------------------------------------------------------------------

MEAN = np.array([1.0, 0.7])


def clouds(rng, n):
    y = rng.choice([-1, 1], size=n)
    return y[:, None] * MEAN + rng.normal(size=(n, 2)), y


def wrong(theta, x, y):
    return np.sign(x @ theta) != y


def direction(x, y):
    """P around the difference of the means of what it is given; around nothing, where that is nothing."""
    return DiagonalNormal((y[:, None] * x).mean(axis=0) if len(x) else np.zeros(2), np.full(2, 0.3))


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_certificate_is_kept_by_the_true_risk(share):
    """60 data sets, R(Q) from the closed form for each of many models; and each number of the certificate accounted for."""
    failed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = clouds(rng, 120)
        c = certify(x, y, direction, lambda p, x, y: DiagonalNormal((y[:, None] * x).mean(axis=0), np.full(2, 0.3)), wrong,
                    share=share, draws=200, delta=0.1, rng=rng)
        risk = gaussian_risk(c.posterior.sample(rng, 4000), 0.0, MEAN).mean()
        failed += risk > c.bound
        assert c.n == 120 - round(share * 120) and c.divergence == kl(c.posterior, c.prior)
        assert c.empirical < c.limit < c.bound <= c.relaxed
        assert math.isclose(c.limit, kl_inverse(c.empirical, math.log(4 / 0.1) / 200), rel_tol=1e-12)
        assert math.isclose(c.bound, pac_bayes_bound(c.limit, c.divergence, c.n, 0.05), rel_tol=1e-12)
    assert failed <= 6


def test_the_prior_sees_none_of_what_the_bound_counts(rng):
    x = rng.normal(size=(30, 2))
    seen = {}

    def prior(a, b):
        seen["prior"] = set(map(tuple, a))
        return direction(a, b)

    def posterior(p, a, b):
        seen["posterior"] = set(map(tuple, a))
        return p

    def errors(theta, a, b):
        seen.setdefault("bound", set(map(tuple, a)))
        return wrong(theta, a, b)
    certify(x, np.sign(x[:, 0]), prior, posterior, errors, share=0.4, draws=5)
    assert len(seen["prior"]) == 12 and not seen["prior"] & seen["bound"] and seen["posterior"] == seen["bound"]
    assert seen["prior"] | seen["bound"] == set(map(tuple, x))


def test_monte_carlo_error_is_in_the_limit(rng):
    """The mean over m draws is above (2.112) or below; the limit is below it no more often than delta / 2, exactly."""
    m, risk, delta = 50, 0.1, 0.1
    k = np.arange(m + 1)                                                         # losses that are all 0 or all 1: the worst case
    failed = binom.pmf(k, m, risk)[kl_inverse(k / m, math.log(4 / delta) / m) < risk].sum()
    assert failed <= delta / 2
    planted = binom.pmf(k, m, risk)[k / m < risk].sum()                          # the mean itself instead
    assert planted > delta / 2


@pytest.mark.parametrize("options, message", [
    ({"share": 1.0}, "leaves nothing for the bound"), ({"share": -0.1}, "share lies from 0 to below 1"),
    ({"errors": lambda theta, x, y: 2.0 * (y == y)}, "errors must give a loss from 0 to 1 for each of 5 examples"),
    ({"errors": lambda theta, x, y: 0.3}, r"got shape \(\)"),
])
def test_bad_arguments_are_named(options, message):
    arguments = {"prior": direction, "posterior": lambda p, x, y: p, "errors": wrong} | options
    with pytest.raises(ValueError, match=message):
        certify(np.ones((10, 2)), np.ones(10), **arguments)


# Learning Q ---------------------------------------------------------------------------------------------------------------

def test_tightening_finds_the_least_bound_of_a_square_loss():
    """E_Q[loss] and KL have closed forms for a quadratic: the bound that is descended is minimized by a grid, too."""
    target, n, delta = 0.8, 100, 0.05
    p = DiagonalNormal(np.zeros(1), np.full(1, 0.5))

    def objective(m, s):
        c = (math.log(0.5 / s) + (s ** 2 + m ** 2) / (2 * 0.25) - 0.5 + math.log(101 / delta)) / n
        return (math.sqrt(0.1 * ((m - target) ** 2 + s ** 2) + c / 2) + math.sqrt(c / 2)) ** 2
    q = tighten(p, lambda theta: 0.1 * np.sum((theta - target) ** 2), n, delta, steps=3000, rate=0.003)
    found = objective(float(q.mean[0]), float(q.std[0]))
    best = min(objective(m, s) for m in np.linspace(-0.2, 1.2, 141) for s in np.linspace(0.02, 1, 99))
    assert found < 1.005 * best < 0.9 * objective(0.0, 0.5)


def test_the_objective_is_above_the_bound_it_stands_for():
    q, c = np.meshgrid(np.linspace(0, 1, 101), np.logspace(-4, 1, 60))
    between = (np.sqrt(q + c / 2) + np.sqrt(c / 2)) ** 2
    assert np.all(kl_inverse(q, c) <= between + 1e-12)
    assert between[0, 2] < 0.7 * (q[0, 2] + math.sqrt(0.02 / 2))                 # and nearer than (2.115) where risks are small


def test_an_uninformed_coin_gets_no_certificate():
    y = np.arange(200) % 2
    c = certify(y, y, lambda x, y: Bernoulli(probs=0.5), lambda p, x, y: p, lambda guess, x, y: y != guess)
    assert c.bound > 0.5
