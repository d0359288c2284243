r"""Uncertainty in an error rate: of the test set, of learning, of the training set.  Cho §2.4.3.

An error rate is a draw. Draw another test set, train once more, collect other training data: another number. Three questions,
three distributions:

- *confidence intervals* for a classifier that is fixed: only the test set varies (2.125) to (2.129);
- *credible intervals and regions* for a learning algorithm on this data: learning varies (2.134) to (2.137);
- the *bootstrap* for a learning algorithm on this problem: the training and the test set vary, too (2.138).
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.executors import map_runs

__all__ = ["INTERVALS", "Comparison", "beats", "bootstrap", "clopper_pearson", "compare_algorithms", "corrected_t", "coverage",
           "equal_tailed", "highest_density", "mean_and_error", "t_interval", "wald", "wilson"]


# The test set varies: confidence intervals of an error rate ---------------------------------------------------------------

def mean_and_error(losses: Any) -> tuple[float, float]:
    r"""Mean loss, (2.128), and its standard error, :math:`s / \sqrt N`: how far the mean is off, about.  Cho (2.126), (2.127).

    Parameters
    ----------
    losses : array (N,), N at least 2

    Examples
    --------
    >>> mean, error = mean_and_error([0, 1, 0, 0])
    >>> mean, error
    (0.25, 0.25)
    """
    losses = _numbers("losses", losses)
    return float(np.mean(losses)), float(np.std(losses, ddof=1) / math.sqrt(len(losses)))        # (2.128), (2.127)


def wald(wrong: Any, n: int, level: float = 0.95) -> tuple[Any, Any]:
    r"""The lecture's interval: an error rate, and Z of its standard errors on both sides.  Cho (2.129).

    The lecture gives that of the accuracy, which is 1 less this one. It holds where :math:`n p (1 - p)` is large; without a
    single error it has no width at all.

    Parameters
    ----------
    wrong : int, or array of them; errors among n
    n : int
    level : float, :math:`\gamma`, between 0 and 1

    Returns
    -------
    lower, upper : floats or arrays; not cut off at 0 and 1

    Examples
    --------
    >>> [round(float(end), 4) for end in wald(30, 1000, level=0.99)]
    [0.0161, 0.0439]
    """
    p = _rate(wrong, n)
    half = _z(level) * np.sqrt(p * (1 - p) / n)                                  # (2.129)
    return p - half, p + half


def wilson(wrong: Any, n: int, level: float = 0.95) -> tuple[Any, Any]:
    r"""All error rates p for which `wrong` is within Z standard errors *of p*: a quadratic inequality (Wilson 1927).

    (2.129) takes the standard error at the observed rate, where it may be zero. This one takes it at each p in question.

    Examples
    --------
    >>> [round(float(end), 4) for end in wilson(0, 50)]
    [0.0, 0.0713]
    """
    p, z = _rate(wrong, n), _z(level)
    center, half = p + z ** 2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z ** 2 / (4 * n ** 2))
    return np.maximum(center - half, 0) / (1 + z ** 2 / n), np.minimum((center + half) / (1 + z ** 2 / n), 1)


def clopper_pearson(wrong: Any, n: int, level: float = 0.95) -> tuple[Any, Any]:
    r"""All error rates that neither tail of the binomial distribution rules out (Clopper and Pearson 1934).

    Never too narrow, for any n and any p; often a little too wide.

    Examples
    --------
    >>> [round(float(end), 4) for end in clopper_pearson(0, 50)]
    [0.0, 0.0711]
    """
    from scipy.special import betaincinv
    _rate(wrong, n)
    wrong, alpha = np.asarray(wrong), 1 - _level(level)
    lower = np.where(wrong == 0, 0.0, betaincinv(np.maximum(wrong, 1), n - wrong + 1, alpha / 2))
    upper = np.where(wrong == n, 1.0, betaincinv(wrong + 1, np.maximum(n - wrong, 1), 1 - alpha / 2))
    return lower[()], upper[()]


def t_interval(losses: Any, level: float = 0.95) -> tuple[float, float]:
    r"""Interval of the mean of any losses, by Student's t: for the standard error is itself estimated.  Cho §2.4.3.

    Exact for normal losses, however few; for others as N grows.

    Parameters
    ----------
    losses : array (N,), N at least 2

    Examples
    --------
    >>> [round(end, 3) for end in t_interval([1.0, 2.0, 3.0])]
    [-0.484, 4.484]
    """
    found = corrected_t(_numbers("losses", losses), ratio=0.0, level=level)
    return found.lower, found.upper


INTERVALS: dict[str, Callable[..., tuple[Any, Any]]] = {"Wald": wald, "Wilson": wilson, "Clopper-Pearson": clopper_pearson}


def coverage(interval: Callable[..., tuple[Any, Any]], n: int, p: Any, level: float = 0.95) -> Any:
    r"""How often an interval holds the error rate p, over all test sets of n examples: exactly, by the binomial distribution.

    Parameters
    ----------
    interval : function (wrong, n, level) -> (lower, upper)
    n : int
    p : float, or array (P,)

    Returns
    -------
    float or array (P,), what `level` was meant to be

    Examples
    --------
    >>> coverage(wald, 50, 0.02).round(3), coverage(wilson, 50, 0.02).round(3)
    (np.float64(0.635), np.float64(0.922))
    """
    from scipy.special import gammaln, xlog1py, xlogy
    k, p = np.arange(n + 1), np.asarray(p, dtype=float)[..., None]
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"p must be true error rates from 0 to 1, got numbers from {p.min()} to {p.max()}")
    lower, upper = interval(k, n, level)
    log_pmf = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, p) + xlog1py(n - k, -p)
    return np.sum(np.exp(log_pmf) * ((lower <= p) & (p <= upper)), axis=-1)


def beats(wrong: int, n: int, known: float, level: float = 0.95) -> bool:
    r"""Whether a new classifier is better than one whose error rate is known, :math:`l_0`.  Cho §2.4.3.

    It is, where the known rate lies above the whole interval of the new one. Of two classifiers that are as good, this says so in
    a share of at most :math:`(1 - \gamma) / 2`, for the exact interval is used.

    Examples
    --------
    >>> beats(30, 1000, known=0.04), beats(20, 1000, known=0.04)
    (False, True)
    """
    return bool(clopper_pearson(wrong, n, level)[1] < known)


# Learning varies: credible intervals and regions --------------------------------------------------------------------------

def equal_tailed(samples: Any, level: float = 0.95) -> tuple[float, float]:
    r"""The interval with :math:`\alpha / 2` of the draws below and above it, :math:`\alpha = 1 - \gamma`.  Cho (2.135).

    Parameters
    ----------
    samples : array (M,), of (2.134): test losses of M models, each trained anew; or of any other distribution

    Examples
    --------
    >>> [round(end, 2) for end in equal_tailed(np.arange(101), level=0.9)]
    [5.0, 95.0]
    """
    samples = _numbers("samples", samples)
    alpha = 1 - _level(level)
    lower, upper = np.quantile(samples, [alpha / 2, 1 - alpha / 2])              # (2.135)
    return float(lower), float(upper)


def highest_density(samples: Any, level: float = 0.95, bandwidth: float | None = None,
                    ends: tuple[float, float] | None = None, points: int = 2000) -> list[tuple[float, float]]:
    r"""The credible region: where the density is highest, with a mass of :math:`\gamma`.  Cho (2.136), (2.137).

    One interval, or several where the distribution has several hills. The density is a sum of Gaussians around the draws; the
    region is all that lies above a height, and the height is moved until the mass is right. So nothing outside is denser than
    anything inside.

    Parameters
    ----------
    samples : array (M,); or a function, the density itself up to a factor, array -> array
    level : float
    bandwidth : float, optional
        Standard deviation of the Gaussians; by default Silverman's rule, for the narrower of the hills.
    ends : pair of floats
        Where to look. Needed for a density; by default as far as the Gaussians reach.
    points : int
        Of the grid on which the density is computed.

    Returns
    -------
    list of (lower, upper), in order

    Examples
    --------
    >>> two = np.concatenate([np.linspace(0.1, 0.12, 50), np.linspace(0.3, 0.32, 50)])
    >>> [(round(a, 2), round(b, 2)) for a, b in highest_density(two, level=0.9, bandwidth=0.005)]
    [(0.1, 0.12), (0.3, 0.32)]
    """
    level = _level(level)
    if callable(samples):
        if ends is None:
            raise ValueError("highest_density of a function needs ends=(lower, upper): where the density is to be looked at")
        grid = np.linspace(*ends, points)
        density = np.asarray(samples(grid), dtype=float)
        if density.shape != grid.shape or not np.all(density >= 0) or not 0 < np.sum(density) < np.inf:
            raise ValueError("a density must give a number of at least 0, and not 0 everywhere, for each of "
                             f"{points} points from {ends[0]} to {ends[1]}, got shape {density.shape}")
    else:
        samples = _numbers("samples", samples)
        h = _bandwidth(samples) if bandwidth is None else bandwidth
        if not h > 0:
            raise ValueError(f"bandwidth must be a positive number, got {h!r}" + (
                ": all draws are equal, and a single number has no density" if bandwidth is None else ""))
        lower, upper = ends or (samples.min() - 4 * h, samples.max() + 4 * h)
        grid = np.linspace(lower, upper, points)
        density = np.mean(np.exp(-((grid[:, None] - samples) / h) ** 2 / 2), axis=1)
    order = np.argsort(-density, kind="stable")                                  # (2.137): the densest first
    mass = np.cumsum(density[order])
    inside = np.zeros(points + 2, dtype=bool)
    inside[1 + order[:np.searchsorted(mass, level * mass[-1]) + 1]] = True       # (2.136)
    step = grid[1] - grid[0]
    first, last = np.flatnonzero(~inside[:-1] & inside[1:]), np.flatnonzero(inside[:-1] & ~inside[1:]) - 1
    return [(float(grid[a] - step / 2), float(grid[b] + step / 2)) for a, b in zip(first, last, strict=True)]


# The data vary: the bootstrap ---------------------------------------------------------------------------------------------

def bootstrap(evaluate: Callable[..., float], n: int, repeats: int = 200, rng: int | np.random.Generator = 0,
              executor: Any = None) -> np.ndarray:
    r"""Draws of :math:`p(\bar l)`: learning and testing on data sets drawn with replacement from the one there is.  Cho (2.138).

    A resampled set of n examples has about 63.2 % of them, some several times. Split *it*, as the lecture does, and an example
    may be trained on and tested on. Here a model is tested on the examples that were not drawn, the other 36.8 %.

    Parameters
    ----------
    evaluate : function (training, test, seed) -> mean test loss
        The first two are integers, which examples; the seed is for what is random in learning.
    n : int, number of examples, at least 2
    repeats : int, M
    executor : optional, to run them in parallel: see `edugen.executors`

    Returns
    -------
    array (repeats,)

    Examples
    --------
    >>> y = np.arange(40) % 4 == 0
    >>> losses = bootstrap(lambda train, test, seed: np.mean(y[test] != (y[train].mean() > 0.5)), len(y), repeats=500)
    >>> round(losses.mean(), 2)
    np.float64(0.25)
    """
    if n < 2 or repeats < 1:
        raise ValueError("bootstrap needs n of at least 2 examples and at least one repeat, got "
                         f"n = {n} and repeats = {repeats}")
    return np.array(map_runs(_Resampled(evaluate, n), range(repeats), rng=rng, executor=executor))


class _Resampled:
    """One repeat; a class, so that it can be sent to another process."""

    def __init__(self, evaluate: Callable[..., float], n: int):
        self.evaluate, self.n = evaluate, n

    def __call__(self, _: int, rng: np.random.Generator) -> float:
        while True:
            training = rng.integers(self.n, size=self.n)
            test = np.setdiff1d(np.arange(self.n), training)
            if test.size:
                return float(self.evaluate(training, test, int(rng.integers(2 ** 31))))


@dataclass(frozen=True)
class Comparison:
    """How two learning algorithms compare on one problem.

    Attributes
    ----------
    difference : float
        Mean test loss of the first less that of the second.
    lower, upper : float
        Its interval: with 0 outside, one of them is better.
    p_value : float
        The probability of a difference that is as far from 0, if they were equal.
    """

    difference: float
    lower: float
    upper: float
    p_value: float


def compare_algorithms(first: Callable[..., float], second: Callable[..., float], n: int, repeats: int = 30, test: float = 0.2,
                       level: float = 0.95, rng: int | np.random.Generator = 0, executor: Any = None) -> Comparison:
    r"""Which of two ways of learning is better here: over splits and seeds, both on the same splits.  Cho §2.4.3.

    Two models compared on one test set say which *model* is better. An algorithm is all the models that it might have given.
    Repeats share training data, so their differences are alike, and the standard error :math:`s / \sqrt J` is too small. Nadeau
    and Bengio (2003) add the share that overlaps: :math:`s \sqrt{1 / J + n_\text{test} / n_\text{training}}`.

    Parameters
    ----------
    first, second : functions (training, test, seed) -> mean test loss
        Of the examples with those numbers, as of `bootstrap`.
    n : int, number of examples
    repeats : int, J, at least 2
    test : float, share of the examples that are tested on
    level : float
    rng : seed or Generator
    executor : optional, to run them in parallel: see `edugen.executors`

    Returns
    -------
    Comparison

    Examples
    --------
    A mean against a median, of numbers with a few wild ones among them:

    >>> y = np.random.default_rng(0).standard_t(1.5, size=200)
    >>> center = lambda how: lambda train, test, seed: np.mean(np.abs(y[test] - how(y[train])))
    >>> found = compare_algorithms(center(np.mean), center(np.median), len(y))
    >>> found.difference > 0
    True
    """
    size = round(test * n)
    if repeats < 2 or not 1 <= size < n:
        raise ValueError("compare_algorithms needs at least 2 repeats and both sides of a split: got "
                         f"repeats = {repeats}, and of n = {n} examples a share of {test} is {size} to test on")
    differences = np.array(map_runs(_Split(first, second, n, size), range(repeats), rng=rng, executor=executor))
    return corrected_t(differences, size / (n - size), level)


def corrected_t(differences: Any, ratio: float, level: float = 0.95) -> Comparison:
    r"""Student's t for differences over J splits of one data set.  Nadeau and Bengio (2003).

    Parameters
    ----------
    differences : array (J,), of test losses on the same split
    ratio : float
        Examples to test on over examples to train on. With 0 it is the t-test for independent differences.
    level : float

    Examples
    --------
    >>> round(corrected_t([0.01, 0.02, 0.03], ratio=0.25).p_value, 3)
    0.12
    """
    from scipy.special import stdtr, stdtrit
    differences = _numbers("differences", differences)
    if not ratio >= 0:
        raise ValueError(f"ratio must be test over training examples, at least 0, got {ratio!r}")
    mean, error = mean_and_error(differences)
    error *= math.sqrt(1 + ratio * len(differences))                             # s sqrt(1/J + ratio)
    freedom = len(differences) - 1
    half = float(stdtrit(freedom, (1 + _level(level)) / 2)) * error
    p_value = float(2 * stdtr(freedom, -abs(mean) / error)) if error else float(mean == 0)
    return Comparison(mean, mean - half, mean + half, p_value)


class _Split:
    """One repeat of a comparison; a class, so that it can be sent to another process."""

    def __init__(self, first: Callable[..., float], second: Callable[..., float], n: int, size: int):
        self.first, self.second, self.n, self.size = first, second, n, size

    def __call__(self, _: int, rng: np.random.Generator) -> float:
        order = rng.permutation(self.n)
        test, training = order[:self.size], order[self.size:]
        seed, other = (int(s) for s in rng.integers(2 ** 31, size=2))            # one for both would make their luck alike
        return self.first(training, test, seed) - self.second(training, test, other)


def _numbers(name, values):
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2 or not np.all(np.isfinite(values)):
        raise ValueError(f"{name} must be an array (N,) of at least 2 finite numbers, got shape {values.shape}"
                         + ("" if np.all(np.isfinite(values)) else " with NaN or infinity in it"))
    return values


def _rate(wrong, n):
    if not n >= 1 or not np.all((np.asarray(wrong) >= 0) & (np.asarray(wrong) <= n)):
        raise ValueError(f"wrong must be errors among n examples, from 0 to n, got {wrong!r} of n = {n!r}")
    return np.asarray(wrong) / n


def _level(level):
    if not 0 < level < 1:
        raise ValueError(f"level must be a probability between 0 and 1, such as 0.95, got {level!r}")
    return level


def _z(level):
    """How many standard deviations hold a share of a normal distribution: 2.576 for 0.99."""
    from scipy.special import ndtri
    return float(ndtri((1 + _level(level)) / 2))


def _bandwidth(samples):
    """0.9 s M^(-1/5), Silverman's rule; s from the shortest interval with half of the draws, for two hills have a large s."""
    ordered, half = np.sort(samples), len(samples) // 2
    shortest = np.min(ordered[half:] - ordered[:len(samples) - half]) / 1.35     # of a normal distribution it is 1.35 s
    return 0.9 * min(float(np.std(samples)), float(shortest) or math.inf) * len(samples) ** -0.2
