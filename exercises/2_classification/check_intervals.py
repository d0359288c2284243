"""Checks of the exercise on intervals. The student's code runs in a worker; what is expected is computed here, afterwards."""
import itertools
import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import bdtr, betaincinv

from edugen.grading import assert_close, parts


@pytest.mark.points(2)
@pytest.mark.hint("The accuracy is 1 less the mean loss.", "Cho (2.129)", "half = z * np.sqrt(loss * (1 - loss) / n)")
@pytest.mark.parametrize("n", [1, 7, 200])
def test_accuracy_interval(student, rng, n):
    losses, z = (rng.random(n) < 0.3).astype(float), float(rng.uniform(0.5, 3))
    right = np.sum(losses == 0) / n
    half = z * math.sqrt(right * (1 - right) / n)
    expected = {"lower": right - half, "upper": right + half}
    assert_close(parts(student.call("accuracy_interval", losses, z), *expected), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.points(3)
@pytest.mark.hint("Which numbers of errors have an interval that holds p, and how likely are they?", "scipy.stats.binom.pmf",
                  "n = len(lower) - 1")
@pytest.mark.parametrize("n", [1, 12, 150])
def test_how_often(student, rng, n):
    p = float(rng.uniform(0.05, 0.95))
    middle, width = np.sort(rng.random(n + 1)), rng.uniform(0.05, 0.4, size=n + 1)
    lower, upper = middle - width, middle + width
    expected = sum(math.comb(n, k) * p ** k * (1 - p) ** (n - k) for k in range(n + 1) if lower[k] <= p <= upper[k])
    assert_close(student.call("how_often", lower, upper, p), float(expected), rtol=1e-8, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("Take the densest points first, until the mass is enough.", "np.argsort and np.cumsum",
                  "mass = np.cumsum(density[order]) / density.sum()")
@pytest.mark.parametrize("hills", [1, 3])
def test_densest(student, rng, hills):
    grid = np.linspace(-5, 5, int(rng.integers(50, 120)))
    density = sum(stats.norm.pdf(grid, c, rng.uniform(0.3, 0.8)) for c in rng.uniform(-4, 4, size=hills)) * 3.7
    density += 1e-6 * rng.random(len(grid))
    level = float(rng.uniform(0.3, 0.95))
    heights = np.sort(density)[::-1]
    least = next(h for h in heights if density[density >= h].sum() >= level * density.sum())
    answer = student.call("densest", density, level)
    good = isinstance(answer, np.ndarray) and answer.dtype == bool and answer.shape == density.shape
    assert good, "return an array (G,) of bool"
    assert np.array_equal(answer, density >= least), f"{answer.sum()} points, where {np.sum(density >= least)} are right"


@pytest.mark.points(3)
@pytest.mark.hint("Each example has one difference: -1, 0 or 1.", "the mean of the differences, and their variance",
                  "d = first - second; np.mean(d ** 2) - np.mean(d) ** 2")
@pytest.mark.parametrize("n", [5, 60, 400])
@pytest.mark.imports(by_hand=True)
def test_difference_interval(student, rng, n):
    hard, z = rng.random(n), float(rng.uniform(0.5, 3))
    first, second = (rng.random(n) < hard).astype(float), (rng.random(n) < hard ** 2).astype(float)
    only, other = np.sum((first == 1) & (second == 0)), np.sum((first == 0) & (second == 1))
    half = z * math.sqrt(only + other - (only - other) ** 2 / n) / n
    expected = {"lower": (only - other) / n - half, "upper": (only - other) / n + half}
    assert_close(parts(student.call("difference_interval", first, second, z), *expected), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("itertools.product makes all ways to give signs.", "the mean need not be centered: compare absolute values",
                  "allow for rounding where two means are equal: >= seen - 1e-12")
@pytest.mark.parametrize("j", [1, 5, 10])
def test_permutation_test(student, rng, j):
    differences = np.round(rng.normal(0.4, 1.0, size=j), 2)
    seen = abs(differences.sum())
    ways = [abs(np.dot(signs, differences)) >= seen - 1e-9 for signs in itertools.product((-1, 1), repeat=j)]
    assert_close(student.call("permutation_test", differences), float(np.mean(ways)), rtol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("Four numbers: z0, a and two quantiles.", "scipy.stats.norm.ppf and cdf",
                  "share = (np.mean(resampled < estimate) + np.mean(resampled <= estimate)) / 2")
@pytest.mark.parametrize("skew", [0.3, 1.2])
def test_bca(student, rng, skew):
    x = rng.lognormal(sigma=skew, size=int(rng.integers(15, 40)))
    statistic = (lambda x, axis=-1: np.mean(x, axis=axis)) if skew < 1 else (lambda x, axis=-1: np.std(x, axis=axis))
    level = float(rng.uniform(0.7, 0.98))
    theirs = stats.bootstrap((x,), statistic, n_resamples=600, confidence_level=level, method="BCa",
                             random_state=int(rng.integers(2 ** 31)))
    jackknife = np.array([statistic(np.delete(x, i)) for i in range(len(x))])
    expected = {"lower": float(theirs.confidence_interval.low), "upper": float(theirs.confidence_interval.high)}
    answer = student.call("bca", theirs.bootstrap_distribution, float(statistic(x)), jackknife, level)
    assert_close(parts(answer, *expected), expected, rtol=1e-7)


def success(n, risk, promise, level):
    """The probability that the exact upper end after n examples is below the promise."""
    k = np.arange(min(n, math.ceil(promise * n) + 1))                            # more errors than that have an end above it
    allowed = np.sum(betaincinv(k + 1, n - k, (1 + level) / 2) < promise)
    return bdtr(allowed - 1, n, risk) if allowed else 0.0


@pytest.mark.points(3)
@pytest.mark.hint("For a given n: how many errors are allowed, and how likely are no more than these?",
                  "clopper_pearson(k, n, level)[1] < promise, and the binomial distribution of k",
                  "from 1 upwards in steps of a few per cent")
@pytest.mark.parametrize("case", [0, 1])
def test_examples_to_promise(student, rng, case):
    risk = float(rng.uniform(0.02, 0.06) if case else rng.uniform(0.1, 0.2))
    promise, level, power = risk * float(rng.uniform(1.6, 2.2)), 0.9, float(rng.uniform(0.7, 0.9))
    n = student.call("examples_to_promise", risk, promise, level, power)
    assert isinstance(n, int | np.integer) and n >= 1, f"return an int of at least 1, not {n!r}"
    assert n <= 20_000, f"{n} examples are far too many"
    reached = success(int(n), risk, promise, level)
    assert reached >= power, f"with {n} examples it succeeds with a probability of {reached:.3f}, not {power:.3f}"
    fewer = int(n / 1.2)
    enough = [m for m in range(max(1, fewer - 60), fewer) if success(m, risk, promise, level) >= power]
    assert not enough, f"{enough[0]} examples are enough, and {n} are more than 20 % above"
