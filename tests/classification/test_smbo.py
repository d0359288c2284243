"""Expected improvement by quadrature and by draws, a Gaussian process against scikit-learn's, and searches with a known end."""
import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from edugen.classification import (
    Ensemble,
    GaussianProcess,
    Integer,
    Real,
    Space,
    acquisition,
    expected_improvement,
    random_configurations,
    sampled_improvement,
    smbo,
)

PLANE = Space(x=Real(-5, 10), y=Real(0, 15))
BRANIN = 0.397887


def branin(c, seed=0):
    x, y = c["x"], c["y"]
    return ((y - 5.1 / (4 * math.pi ** 2) * x ** 2 + 5 / math.pi * x - 6) ** 2
            + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


# Expected improvement -------------------------------------------------------------------------------------------------------

@pytest.mark.equation("2.146", "2.147")
@pytest.mark.parametrize("mean, std", [(0.0, 1.0), (2.0, 0.5), (-1.0, 3.0), (0.5, 1e-3)])
def test_closed_form_is_the_integral(mean, std):
    best = min([0.9, 0.5, 0.7])                                                  # (2.147)
    integral = quad(lambda r: max(0, best - r) * stats.norm.pdf(r, mean, std), mean - 10 * std, best, epsabs=1e-13)[0]
    assert math.isclose(expected_improvement(mean, std, best), integral, rel_tol=1e-6, abs_tol=1e-10)


def test_it_is_never_negative_and_zero_at_what_is_known():
    mean, std = np.meshgrid(np.linspace(-3, 40, 50), np.logspace(-9, 2, 30))
    assert np.all(expected_improvement(mean, std, 0.0) >= 0)
    known = expected_improvement(np.zeros(3), [1e-3, 1e-9, 0.0], 0.0)
    np.testing.assert_allclose(known, [1e-3 * stats.norm.pdf(0), 0, 0], atol=1e-9)
    assert expected_improvement(-1.0, 0.0, 0.0) == 1


@pytest.mark.equation("2.148")
def test_draws_give_the_closed_form(rng):
    mean, std, m = np.array([0.0, 1.0, -0.5]), np.array([1.0, 0.3, 2.0]), 200_000
    samples = mean + std * rng.normal(size=(m, 3))
    error = np.maximum(0, 0.4 - samples).std(axis=0) / math.sqrt(m)
    assert np.all(np.abs(sampled_improvement(samples, 0.4) - expected_improvement(mean, std, 0.4)) < 4 * error)


@pytest.mark.equation("2.149")
def test_choice_is_random_search_without_beta_and_the_best_with_all_of_it(rng):
    improvement = np.array([0.1, 0.5, 0.3, 0.0])
    for beta in (0.0, 2.0, 20.0):
        counts = np.bincount([acquisition(rng, improvement, beta) for _ in range(8000)], minlength=4)
        q = np.exp(beta * improvement)
        assert stats.chisquare(counts, 8000 * q / q.sum()).pvalue > 1e-3
    assert {acquisition(rng, improvement, 1e9) for _ in range(50)} == {acquisition(rng, improvement)} == {1}


@pytest.mark.equation("2.150")
def test_a_price_on_distance_keeps_it_near(rng):
    improvement, distance = np.array([0.1, 0.5, 0.3]), np.array([0.0, 1.0, 0.2])
    counts = np.bincount([acquisition(rng, improvement, 2.0, distance, 3.0) for _ in range(8000)], minlength=3)
    q = np.exp(2.0 * improvement - 3.0 * distance)
    assert stats.chisquare(counts, 8000 * q / q.sum()).pvalue > 1e-3
    assert {acquisition(rng, improvement, 2.0, distance, 1e9) for _ in range(50)} == {0}         # at the best one so far


@pytest.mark.parametrize("beta, alpha", [(-1.0, 0.0), (1.0, -1.0), (math.nan, 0.0)])
def test_negative_prices_are_refused(rng, beta, alpha):
    with pytest.raises(ValueError, match="beta and alpha must be at least 0"):
        acquisition(rng, np.ones(3), beta, 0.0, alpha)


# Predictors -----------------------------------------------------------------------------------------------------------------

def test_gaussian_process_is_scikit_learns_for_the_same_kernel(rng):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern
    x, at = rng.random((15, 2)), rng.random((30, 2))
    model = GaussianProcess(x, np.sin(5 * x[:, 0]) + x[:, 1] + 0.05 * rng.normal(size=15))
    y = np.sin(5 * x[:, 0]) + x[:, 1]
    model = GaussianProcess(x, y)
    kernel = ConstantKernel(model.height) * Matern(model.lengths, nu=2.5)
    theirs = GaussianProcessRegressor(kernel, alpha=model.noise * model.height, optimizer=None).fit(x, (y - y.mean()) / y.std())
    mean, std = theirs.predict(at, return_std=True)
    ours = model.predict(at)
    np.testing.assert_allclose(ours[0], y.mean() + y.std() * mean, atol=1e-5)
    np.testing.assert_allclose(ours[1], y.std() * std, atol=1e-4)


def drawn_function(rng, n):
    """A function from a Gaussian process of known lengths, on n points and 30 more at once."""
    x = rng.random((n + 30, 2))
    d = np.sqrt(5 * np.sum(((x[:, None] - x) / [0.4, 0.7]) ** 2, axis=2))
    L = np.linalg.cholesky((1 + d + d ** 2 / 3) * np.exp(-d) + 1e-6 * np.eye(n + 30))
    return x, L @ rng.normal(size=n + 30)


@pytest.mark.equation("2.145")
def test_bands_of_the_gaussian_process_hold_what_they_promise(rng):
    """95 % bands on functions from such a process: 93 to 97 % of new points are inside, after 50; after 10 somewhat fewer."""
    inside = {}
    for n in (10, 50):
        inside[n] = []
        for _ in range(60):
            x, r = drawn_function(rng, n)
            mean, std = GaussianProcess(x[:n], r[:n]).predict(x[n:])
            inside[n].append(np.mean(np.abs(r[n:] - mean) <= 1.96 * std))
    assert 0.93 <= np.mean(inside[50]) <= 0.97 and np.mean(inside[10]) > 0.85


@pytest.mark.equation("2.145")
def test_an_ensemble_is_a_mean_over_its_networks(rng):
    """Members are draws of theta: the predictive mean is theirs, and its variance the spread."""
    x = rng.random((20, 2))
    model = Ensemble(x, np.sin(4 * x[:, 0]) * x[:, 1], rng=1)
    at = rng.random((50, 2))
    samples = model.samples(at)
    mean, std = model.predict(at)
    np.testing.assert_allclose(mean, samples.mean(axis=0))
    np.testing.assert_allclose(model.improvement(at, 0.1), np.maximum(0.1 - samples, 0).mean(axis=0))
    assert np.sqrt(np.mean((mean - np.sin(4 * at[:, 0]) * at[:, 1]) ** 2)) < 0.1
    far = model.predict(at + 5)[1]
    assert np.median(far) > 5 * np.median(std)                                   # far from all data they disagree


def test_risks_that_are_all_equal_are_no_trouble():
    for surrogate in (GaussianProcess, Ensemble):
        mean, std = surrogate(np.random.default_rng(0).random((5, 2)), np.full(5, 3.0)).predict(np.full((1, 2), 0.5))
        assert abs(mean[0] - 3) < 0.5 and np.isfinite(std[0])
    one = GaussianProcess(np.array([[0.5]]), np.array([2.0])).predict(np.array([[0.1]]))
    assert np.all(np.isfinite(one))


@pytest.mark.parametrize("x, r", [(np.ones((2, 1)), np.ones(3)), (np.ones(3), np.ones(3)),
                                  (np.ones((2, 1)), np.array([1, np.nan])), (np.ones((0, 1)), np.ones(0))])
def test_gaussian_process_refuses_what_it_cannot_fit(x, r):
    with pytest.raises(ValueError, match=r"x must be an array \(N, D\) and r finite risks \(N,\)"):
        GaussianProcess(x, r)


# The loop -------------------------------------------------------------------------------------------------------------------

def test_branin_within_a_hundredth_in_fifty_trials():
    reached = [smbo(branin, PLANE, 50, rng=seed).risk - BRANIN for seed in range(10)]
    assert sum(r < 0.01 for r in reached) >= 8, reached
    assert min(reached) > -1e-5
    blind = [random_configurations(branin, PLANE, 50, rng=seed).risk - BRANIN for seed in range(10)]
    assert sum(r < 0.01 for r in blind) <= 1                                     # random search doesn't


def test_in_batches_it_needs_few_more():
    reached = [smbo(branin, PLANE, 50, rng=seed, batch=4).risk - BRANIN for seed in range(5)]
    assert sum(r < 0.05 for r in reached) >= 4, reached


def test_an_ensemble_finds_more_than_blind_search():
    reached = np.array([smbo(branin, PLANE, 30, rng=seed, surrogate=Ensemble, candidates=300, batch=2).risk for seed in range(3)])
    blind = np.array([random_configurations(branin, PLANE, 30, rng=seed).risk for seed in range(100)])
    assert np.median(reached) < np.median(blind)


def test_local_search_beats_random_search_in_ten_dimensions():
    space = Space(**{f"x{k}": Real(-1, 1) for k in range(10)})
    bowl = lambda c, seed: sum((value - 0.3) ** 2 for value in c.values())
    gaps = []
    for seed in range(4):
        local = smbo(bowl, space, 50, rng=seed, beta=50.0, alpha=2.0, start=15, candidates=400).risk
        gaps.append(random_configurations(bowl, space, 50, rng=seed).risk - local)
    assert min(gaps) > 0 and stats.ttest_1samp(gaps, 0, alternative="greater").pvalue < 0.02


def test_without_beta_it_is_random_search():
    class Blind:
        def __init__(self, x, r, rng):
            self.predict = self.improvement = lambda x, best=None: np.zeros(len(x))
    drawn = smbo(branin, PLANE, 40, rng=0, beta=0.0, candidates=20)
    assert stats.kstest(np.array(drawn.coordinates).ravel(), "uniform").pvalue > 1e-3
    many = smbo(branin, PLANE, 400, rng=0, beta=0.0, candidates=20, surrogate=Blind)
    assert stats.kstest(np.array(many.coordinates).ravel(), "uniform").pvalue > 1e-3


def test_with_a_large_alpha_it_stays_at_the_best_so_far():
    steps = {}
    for alpha in (0.0, 1e6):
        trials = smbo(branin, PLANE, 30, rng=0, beta=5.0, alpha=alpha)
        u = np.array(trials.coordinates)
        steps[alpha] = [np.linalg.norm(u[k] - u[np.argmin(trials.risks[:k])]) for k in range(8, 30)]
    assert max(steps[1e6]) < 0.01 and np.median(steps[0.0]) > 0.2


def test_members_of_a_batch_keep_apart():
    """Each is chosen as if the ones before it had come out as predicted; else all would crowd at one place."""
    for seed in range(4):
        batch = np.array(smbo(branin, PLANE, 14, rng=seed, start=10, batch=4, candidates=1000).coordinates[10:])
        assert min(np.linalg.norm(batch[i] - batch[j]) for i in range(4) for j in range(i)) > 0.05


def test_a_training_that_fails_is_not_chosen_and_does_not_stop_the_search():
    space = Space(rate=Real(1e-4, 1.0, log=True), width=Integer(1, 50))
    risk = lambda c, seed: math.nan if c["rate"] > 0.1 else (math.log10(c["rate"]) + 2) ** 2 + (c["width"] - 20) ** 2 / 400
    trials = smbo(risk, space, 25, rng=3)
    assert trials.risk < 0.05 and math.inf in trials.risks and trials.best["rate"] <= 0.1
    assert np.mean(np.isfinite(trials.risks[12:])) > 0.7


def test_batches_run_in_other_processes_with_the_same_result(importable):
    from edugen.executors import process_pool
    noisy = importable("def noisy(c, seed): return (c['x'] - 3) ** 2 + (c['y'] - 5) ** 2 + seed % 100 / 100").noisy
    with process_pool(2) as pool:
        there = smbo(noisy, PLANE, 14, rng=5, batch=3, executor=pool)
    here = smbo(noisy, PLANE, 14, rng=5, batch=3)
    assert there.risks == here.risks and there.configurations == here.configurations


@pytest.mark.parametrize("call, error, message", [
    (lambda: expected_improvement(0.0, -1.0, 0.0), ValueError, "std must hold standard deviations, at least 0, got -1.0"),
    (lambda: acquisition(np.random.default_rng(0), []), ValueError, r"at least one candidate, got shape \(0,\)"),
    (lambda: smbo(branin, {"x": (0, 1)}, 10), TypeError, r"space must be a Space, such as Space\(rate=.*\), got dict"),
    (lambda: random_configurations(branin, None, 10), TypeError, "got NoneType"),
])
def test_what_cannot_be_searched_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("options", [{"start": 0}, {"start": 31}, {"batch": 0}, {"candidates": 1}])
def test_settings_that_make_no_search_are_refused(options):
    with pytest.raises(ValueError, match="smbo needs 1 <= start <= n"):
        smbo(branin, PLANE, 30, **options)
