"""Intervals held against SciPy's, against exact coverage and against worlds that are drawn again and again."""
import math

import numpy as np
import pytest
from scipy import stats

from edugen.classification import (
    INTERVALS,
    beats,
    bootstrap,
    clopper_pearson,
    compare_algorithms,
    corrected_t,
    coverage,
    equal_tailed,
    highest_density,
    mean_and_error,
    t_interval,
    wald,
    wilson,
)

# The test set varies ------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.126", "2.127", "2.128")
def test_the_mean_loss_of_a_test_set_is_normal_around_the_mean_of_the_losses(rng):
    n, worlds = 400, 20_000
    losses = rng.exponential(0.3, size=(worlds, n))                              # mean 0.3, standard deviation 0.3 (2.126)
    means = losses.mean(axis=1)                                                  # (2.128)
    scaled = math.sqrt(n) * (means - 0.3)                                        # (2.127)
    assert stats.kstest(scaled / 0.3, "norm").statistic < 0.03 < stats.kstest(losses[:, 0], "norm", (0.3, 0.3)).statistic
    mean, error = mean_and_error(losses[0])
    assert math.isclose(mean, means[0]) and math.isclose(error, stats.sem(losses[0]))
    assert abs(np.mean([mean_and_error(row)[1] for row in losses[:500]]) - 0.3 / math.sqrt(n)) < 2e-4


@pytest.mark.equation("2.129")
def test_wald_is_the_lectures_interval_of_the_accuracy():
    wrong, n = np.array([0, 3, 30, 60]), 60
    loss = wrong / n
    for level, z in ((0.99, 2.576), (0.95, 1.960)):
        lower, upper = wald(wrong, n, level)
        half = z * np.sqrt(loss * (1 - loss) / n)
        np.testing.assert_allclose((1 - upper, 1 - lower), ((1 - loss) - half, (1 - loss) + half), atol=2e-5)


@pytest.mark.parametrize("name, method", [("Wilson", "wilson"), ("Clopper-Pearson", "exact")])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_intervals_are_scipys(name, method, level):
    for n in (1, 7, 200):
        wrong = np.unique([0, 1, n // 3, n - 1, n])
        lower, upper = INTERVALS[name](wrong, n, level)
        for k, a, b in zip(wrong, lower, upper, strict=True):
            theirs = stats.binomtest(int(k), n).proportion_ci(level, method)
            np.testing.assert_allclose((a, b), theirs, atol=1e-9)
        assert np.isscalar(INTERVALS[name](1, n, level)[0])


def test_t_interval_is_scipys_and_exact_for_a_few_normal_losses(rng):
    losses = rng.normal(size=6)
    np.testing.assert_allclose(t_interval(losses, 0.9), stats.t.interval(0.9, 5, losses.mean(), stats.sem(losses)))
    held, normal = 0, 0
    for row in rng.normal(2.0, 5.0, size=(4000, 4)):
        lower, upper = t_interval(row)
        held += lower <= 2 <= upper
        mean, error = mean_and_error(row)
        normal += abs(mean - 2) <= 1.96 * error
    assert abs(held / 4000 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 4000) and normal / 4000 < 0.9


@pytest.mark.parametrize("interval", INTERVALS.values(), ids=INTERVALS)
@pytest.mark.parametrize("n, p", [(20, 0.1), (300, 0.03), (50, 0.5)])
def test_coverage_is_how_often_a_drawn_error_rate_is_held(rng, interval, n, p):
    lower, upper = interval(rng.binomial(n, p, size=100_000), n)
    held, exact = np.mean((lower <= p) & (p <= upper)), coverage(interval, n, p)
    assert abs(held - exact) < 4 * math.sqrt(exact * (1 - exact) / 100_000) + 1e-12


def test_coverage_table():
    """(2.129) is within 2 points of what it claims where n p (1 - p) is large, and far off where errors are rare."""
    p = np.linspace(0.02, 0.98, 97)
    for n in (200, 1000, 5000):
        fair = p[n * p * (1 - p) >= 10]
        assert np.mean(np.abs(coverage(wald, n, fair) - 0.95) < 0.02) > 0.9 and np.all(coverage(wald, n, fair) > 0.9)
        assert np.all(np.abs(coverage(wilson, n, fair) - 0.95) < 0.02)
    assert coverage(wald, 100, 0.01) < 0.64 and coverage(wald, 1000, 0.001) < 0.64               # no error, no width
    assert np.all(coverage(clopper_pearson, 100, np.linspace(0.0005, 0.9995, 800)) >= 0.95 - 1e-12)
    assert coverage(wilson, 100, np.linspace(0.01, 0.99, 99)).mean() == pytest.approx(0.95, abs=0.006)
    assert min(coverage(clopper_pearson, 60, p, 0.8)) >= 0.8


@pytest.mark.parametrize("known", [0.02, 0.1, 0.4])
def test_two_equal_classifiers_are_told_apart_no_more_often_than_allowed(known):
    n, level = 500, 0.95
    k = np.arange(n + 1)
    said = np.array([beats(int(a), n, known, level) for a in k])
    alarms = stats.binom.pmf(k, n, known)[said].sum()
    assert 0.005 < alarms <= (1 - level) / 2                                     # of one side, and not far below
    assert stats.binom.pmf(k, n, known / 2)[said].sum() > 0.9 or known == 0.02   # half the errors are seen


@pytest.mark.parametrize("call, message", [
    (lambda: wald(3, 2), "wrong must be errors among n examples, from 0 to n, got 3 of n = 2"),
    (lambda: wilson(-1, 2), "got -1 of n = 2"), (lambda: clopper_pearson(0, 0), "got 0 of n = 0"),
    (lambda: wald(1, 2, level=95), "level must be a probability between 0 and 1, such as 0.95, got 95"),
    (lambda: clopper_pearson(1, 2, level=1.0), "level must be"),
    (lambda: t_interval([1.0]), r"losses must be an array \(N,\) of at least 2 finite numbers, got shape \(1,\)"),
    (lambda: mean_and_error(0.3), r"losses must be an array \(N,\) of at least 2 finite numbers, got shape \(\)"),
    (lambda: equal_tailed([1.0, np.nan]), r"samples must be an array .* got shape \(2,\) with NaN or infinity in it"),
    (lambda: highest_density([1.0, 1.0, 1.0]), "all draws are equal, and a single number has no density"),
    (lambda: highest_density([1.0, 2.0], bandwidth=-1.0), "bandwidth must be a positive number, got -1.0"),
    (lambda: highest_density(np.cos, ends=(0, 6)), "a density must give a number of at least 0, and not 0 everywhere"),
    (lambda: highest_density(lambda x: 0 * x, ends=(0, 6)), "not 0 everywhere, for each of 2000 points from 0 to 6"),
    (lambda: coverage(wald, 10, 1.5), "p must be true error rates from 0 to 1, got numbers from 1.5 to 1.5"),
    (lambda: corrected_t([0.1, 0.2], -1.0), "ratio must be test over training examples, at least 0, got -1.0"),
    (lambda: highest_density(np.cos), r"needs ends=\(lower, upper\)"),
    (lambda: bootstrap(lambda *_: 0.0, 1), "n of at least 2 examples and at least one repeat, got n = 1"),
    (lambda: compare_algorithms(None, None, 10, test=0.01), "a share of 0.01 is 0 to test on"),
    (lambda: compare_algorithms(None, None, 10, repeats=1), "at least 2 repeats"),
])
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Learning varies ----------------------------------------------------------------------------------------------------------

@pytest.mark.equation("2.134")
def test_test_losses_of_retrained_models_are_draws_of_the_marginal(rng):
    """theta is one of three models; each predicts at random, so that its loss is a binomial. By summing, and by drawing."""
    posterior, chance, n = np.array([0.2, 0.5, 0.3]), np.array([0.1, 0.15, 0.4]), 30
    marginal = sum(q * stats.binom.pmf(np.arange(n + 1), n, p) for q, p in zip(posterior, chance, strict=True))      # (2.134)
    drawn = rng.binomial(n, chance[rng.choice(3, size=200_000, p=posterior)])
    np.testing.assert_allclose(np.bincount(drawn, minlength=n + 1) / 200_000, marginal, atol=4e-3)
    assert math.isclose(marginal @ np.arange(n + 1) / n, posterior @ chance)


@pytest.mark.equation("2.135")
@pytest.mark.parametrize("a, b", [(2, 30), (0.7, 0.9), (50, 50)])
def test_equal_tails_hold_half_of_alpha_each(rng, a, b):
    samples = rng.beta(a, b, size=200_000)
    lower, upper = equal_tailed(samples, 0.9)
    assert abs(np.mean(samples <= lower) - 0.05) < 1e-4 and abs(np.mean(samples >= upper) - 0.05) < 1e-4             # (2.135)
    np.testing.assert_allclose(stats.beta.cdf((lower, upper), a, b), (0.05, 0.95), atol=0.003)


@pytest.mark.equation("2.136", "2.137")
@pytest.mark.parametrize("density, mass, ends", [
    (stats.norm.pdf, stats.norm.cdf, (-6, 6)), (stats.beta(2, 30).pdf, stats.beta(2, 30).cdf, (0, 1)),
    (stats.expon.pdf, stats.expon.cdf, (0, 25)),
    (lambda x: 0.5 * stats.norm.pdf(x, -4) + 0.5 * stats.norm.pdf(x, 4, 0.5),
     lambda x: 0.5 * stats.norm.cdf(x, -4) + 0.5 * stats.norm.cdf(x, 4, 0.5), (-10, 10)),
])
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_region_has_its_mass_and_nothing_outside_is_denser(density, mass, ends, level):
    region = highest_density(density, level, ends=ends, points=40_001)
    assert math.isclose(sum(mass(b) - mass(a) for a, b in region), level, abs_tol=2e-3)                              # (2.136)
    x = np.linspace(*ends, 3001)
    inside = np.any([(a <= x) & (x <= b) for a, b in region], axis=0)
    step = (ends[1] - ends[0]) / 40_000
    edge = np.any([np.abs(x - end) < 2 * step for pair in region for end in pair], axis=0)
    assert density(x[inside & ~edge]).min() >= density(x[~inside & ~edge]).max() - 1e-6                              # (2.137)


def test_of_one_hill_it_is_one_interval_and_no_wider_than_equal_tails():
    [(lower, upper)] = highest_density(stats.beta(2, 30).pdf, 0.95, ends=(0, 1), points=40_001)
    a, b = stats.beta(2, 30).ppf([0.025, 0.975])
    assert upper - lower < 0.97 * (b - a)
    [(lower, upper)] = highest_density(stats.norm.pdf, 0.95, ends=(-6, 6), points=40_001)
    np.testing.assert_allclose((lower, upper), (-1.96, 1.96), atol=1e-3)         # symmetric: the same


def test_of_two_hills_it_is_two_intervals_where_equal_tails_span_the_valley(rng):
    samples = np.concatenate([rng.normal(0.1, 0.01, size=3000), rng.normal(0.3, 0.02, size=2000)])
    region = highest_density(samples, 0.9)
    assert len(region) == 2 and region[0][1] < 0.2 < region[1][0]
    width = sum(b - a for a, b in region)
    lower, upper = equal_tailed(samples, 0.9)
    assert width < 0.5 * (upper - lower)
    held = np.mean(np.any([(a <= samples) & (samples <= b) for a, b in region], axis=0))
    assert abs(held - 0.9) < 0.02


# The data vary ------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("2.138")
def test_bootstrap_spread_of_a_mean_is_its_standard_error(rng):
    """Learning a mean and "testing" it by handing it over: the draws of the mean have the deviation s / sqrt(N)."""
    x = rng.exponential(size=200)
    drawn = bootstrap(lambda train, test, seed: x[train].mean(), 200, repeats=20_000, rng=1)
    assert abs(drawn.std() / (x.std() / math.sqrt(200)) - 1) < 0.02              # of the sample that was resampled
    assert abs(drawn.mean() - x.mean()) < 4 * drawn.std() / math.sqrt(20_000)


def test_no_example_is_trained_on_and_tested_on():
    seen = []
    bootstrap(lambda train, test, seed: seen.append((train, test, seed)) or 0.0, 300, repeats=200, rng=2)
    for train, test, _ in seen:
        assert len(train) == 300 and not np.intersect1d(train, test).size and np.union1d(train, test).size == 300
    assert abs(np.mean([len(test) / 300 for _, test, _ in seen]) - math.exp(-1)) < 0.005         # 36.8 %
    assert len({seed for *_, seed in seen}) == 200
    tiny = bootstrap(lambda train, test, seed: len(test), 2, repeats=50)         # a draw without a test set is drawn again
    assert set(tiny) == {1}


def test_bootstrap_is_the_same_for_a_seed():
    draws = [bootstrap(lambda train, test, seed: train[0] + seed % 7, 50, repeats=9, rng=seed) for seed in (5, 5, 6)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def nearest(x, y):
    """Error of the label of the nearest training example."""
    return lambda train, test, seed: np.mean(y[train][np.abs(x[test][:, None] - x[train]).argmin(axis=1)] != y[test])


def test_labels_without_any_meaning_have_an_error_of_one_half(rng):
    losses = bootstrap(nearest(rng.random(150), rng.integers(2, size=150)), 150, repeats=200)
    assert abs(losses.mean() - 0.5) < 0.06


def test_interval_of_the_bootstrap_covers_the_risk_of_the_algorithm():
    """Constant predictors of a coin: the mean loss of "what was more frequent" over worlds, against 90 % intervals."""
    held = 0
    for seed in range(60):
        y = np.random.default_rng(seed).random(80) < 0.2
        losses = bootstrap(lambda train, test, _, y=y: np.mean(y[test] != (y[train].mean() > 0.5)), 80, repeats=150, rng=seed)
        lower, upper = equal_tailed(losses, 0.9)
        held += lower <= 0.2 <= upper
    assert held / 60 > 0.85


# Two algorithms -----------------------------------------------------------------------------------------------------------

def test_without_an_overlap_it_is_the_t_test(rng):
    d = rng.normal(0.3, 1.0, size=12)
    found = corrected_t(d, ratio=0.0)
    theirs = stats.ttest_1samp(d, 0.0)
    assert math.isclose(found.p_value, theirs.pvalue) and math.isclose(found.difference, d.mean())
    np.testing.assert_allclose((found.lower, found.upper), theirs.confidence_interval(0.95))
    wider = corrected_t(d, ratio=0.25)
    assert math.isclose((wider.upper - wider.lower) / (found.upper - found.lower), math.sqrt(1 + 0.25 * 12))


def test_equal_differences_have_no_error():
    assert corrected_t([0.1, 0.1], 0.5).p_value == 0 and corrected_t([0.0, 0.0], 0.5).p_value == 1


def some_features(x, y, count):
    """Least squares on a few features that the seed chooses: an algorithm with luck of its own."""
    def evaluate(train, test, seed):
        chosen = np.random.default_rng(seed).permutation(x.shape[1])[:count]
        w = np.linalg.lstsq(x[train][:, chosen], y[train], rcond=None)[0]
        return np.mean((x[test][:, chosen] @ w > 0) != (y[test] > 0))
    return evaluate


def world(seed, n=80):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6))
    return x, np.sign(x.sum(axis=1) + 2 * rng.normal(size=n))


def test_an_algorithm_is_not_better_than_itself_more_often_than_allowed():
    """Three features against three that are worth as much: 5 % of false alarms are allowed; t without the overlap has more."""
    alarms, naive = 0, 0
    for seed in range(120):
        x, y = world(seed)
        first, second = some_features(x[:, :3], y, 3), some_features(x[:, 3:], y, 3)
        found = compare_algorithms(first, second, 80, repeats=15, rng=seed)
        half = (found.upper - found.lower) / 2 / math.sqrt(1 + 15 * 16 / 64)
        alarms += not found.lower <= 0 <= found.upper
        naive += abs(found.difference) > half
        assert (found.p_value < 0.05) == (not found.lower <= 0 <= found.upper)
    assert alarms / 120 < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 120) and naive > 2 * alarms and naive / 120 > 0.2


def test_the_better_algorithm_is_found():
    x, y = world(3, n=400)
    found = compare_algorithms(some_features(x, y, 1), some_features(x, y, 6), 400, repeats=20)
    assert found.lower > 0 and found.p_value < 0.01
    back = compare_algorithms(some_features(x, y, 6), some_features(x, y, 1), 400, repeats=20)
    assert back.upper < 0


def test_both_are_tested_on_the_same_split_with_seeds_of_their_own():
    seen = {"first": [], "second": []}

    def remember(name):
        return lambda train, test, seed: seen[name].append((train, test, seed)) or 0.0
    compare_algorithms(remember("first"), remember("second"), 50, repeats=6, test=0.3)
    for (train, test, seed), (other_train, other_test, other_seed) in zip(*seen.values(), strict=True):
        np.testing.assert_array_equal(train, other_train)
        np.testing.assert_array_equal(test, other_test)
        assert seed != other_seed and len(test) == 15 and np.union1d(train, test).size == 50


def test_both_run_in_other_processes_with_the_same_result(importable):
    from edugen.executors import process_pool
    accuracy_of_a_constant = importable("def accuracy(train, test, seed): return float(seed % 3) / 3").accuracy
    with process_pool(2) as pool:
        there = bootstrap(accuracy_of_a_constant, 30, repeats=4, rng=3, executor=pool)
        compared = compare_algorithms(accuracy_of_a_constant, accuracy_of_a_constant, 30, repeats=4, rng=3, executor=pool)
    np.testing.assert_array_equal(there, bootstrap(accuracy_of_a_constant, 30, repeats=4, rng=3))
    assert compared == compare_algorithms(accuracy_of_a_constant, accuracy_of_a_constant, 30, repeats=4, rng=3)
