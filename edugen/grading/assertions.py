"""Assertions for checks: each pins shape, kind and finiteness first, and its failure says what is wrong and why it may be."""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from edugen.grading.diagnosis import diagnose
from edugen.grading.student import describe, last_call

__all__ = ["assert_close", "assert_distribution", "assert_gradient", "assert_monotone", "parts"]

SHOWN = 4           # entries that a failure lists
KINDS = {"b": "booleans", "i": "integers", "u": "integers", "f": "floating numbers", "c": "complex numbers", "U": "strings"}


def assert_close(actual: Any, expected: Any, rtol: float = 1e-7, atol: float = 0.0, name: str = "the answer") -> None:
    r"""`actual` has the shape and kind of `expected`, is finite where it is, and :math:`|a - e| \le atol + rtol\,|e|`.

    Parameters
    ----------
    actual : what the student's code returned
    expected : number, string, array, or a tuple, list or dict of these, compared one by one
    rtol, atol : tolerances, for floating and complex numbers; integers, booleans and strings must be equal
    name : what the failure calls it

    Raises
    ------
    AssertionError
        with the first entries that differ, and the mistake that explains them if one does

    Examples
    --------
    >>> assert_close(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-12]))
    >>> assert_close(np.array([1.0, -2.0]), np.array([-1.0, 2.0]))
    Traceback (most recent call last):
        ...
    AssertionError: the answer: 2 of 2 entries are wrong
      index    expected    got
      [0]      -1          1
      [1]      2           -2
    It looks like this: every entry has the wrong sign.
    """
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping) or set(actual) != set(expected):
            got = f"the keys {sorted(map(str, actual))}" if isinstance(actual, Mapping) else describe(actual)
            raise AssertionError(f"{name}: expected a dict with the keys {sorted(map(str, expected))}, got {got}")
        for key in expected:
            assert_close(actual[key], expected[key], rtol, atol, f"{name}[{key!r}]")
    elif isinstance(expected, (tuple, list)):
        if not isinstance(actual, (tuple, list)) or len(actual) != len(expected):
            raise AssertionError(f"{name}: expected a {type(expected).__name__} of {len(expected)}, got {describe(actual)}"
                                 + (FORGOTTEN if actual is None else ""))
        for i, (a, e) in enumerate(zip(actual, expected)):
            assert_close(a, e, rtol, atol, f"{name}[{i}]")
    else:
        e = np.asarray(expected)
        _assert_entries(numbers(actual, e, name), e, rtol, atol, name)


FORGOTTEN = ". Was `return` forgotten?"


def parts(answer: Any, *names: str) -> dict[str, Any]:
    """The several values that a task returns, a tuple or list, by their names; otherwise an AssertionError that lists them.

    Examples
    --------
    >>> parts((1.0, 2.0), "mean", "variance")
    {'mean': 1.0, 'variance': 2.0}
    >>> parts(1.0, "mean", "variance")
    Traceback (most recent call last):
        ...
    AssertionError: return mean, variance: a tuple of 2, got 1.0
    """
    if not isinstance(answer, (tuple, list)) or len(answer) != len(names):
        raise AssertionError(f"return {', '.join(names)}: a tuple of {len(names)}, got {describe(answer)}"
                             + (FORGOTTEN if answer is None else ""))
    return dict(zip(names, answer))


def numbers(actual: Any, like: np.ndarray, name: str = "the answer") -> np.ndarray:
    """`actual` as an array of the shape and kind of `like`, finite where it is; otherwise an AssertionError that says why."""
    expected = f"{KINDS.get(like.dtype.kind, str(like.dtype))}" + (f" of shape {like.shape}" if like.ndim else "")
    expected = expected if like.ndim else f"a single value ({expected})"
    if actual is None:
        raise AssertionError(f"{name}: expected {expected}, got None{FORGOTTEN}")
    try:
        a = np.asarray(actual)
    except ValueError:                                  # rows of different lengths
        a = np.asarray(None)
    if a.dtype.kind not in KINDS:
        raise AssertionError(f"{name}: expected {expected}, got {describe(actual)}, which is no array of numbers")
    if a.shape != like.shape:
        got = f"shape {a.shape}" if a.ndim else f"a single value, {describe(a.item())}"
        raise AssertionError(f"{name}: expected {expected}, got {got}{_explained(a, like)}")
    kind, wanted = KINDS[a.dtype.kind], KINDS[like.dtype.kind]
    if kind != wanted and not (a.ndim == 0 and kind == "integers" and wanted == "floating numbers"):    # 0 for 0.0 will do
        advice = " Were fractions cut off by an integer array?" if (kind, wanted) == ("integers", "floating numbers") else ""
        raise AssertionError(f"{name}: expected {wanted}, got {kind} ({describe(actual)}).{advice}")
    if wanted in ("floating numbers", "complex numbers"):
        for what, test in (("NaN", np.isnan), ("infinite", np.isinf)):
            bad = test(a) & ~test(like)
            if np.any(bad):
                first = f", the first at {_index(bad)}" if bad.ndim else ""
                count = f"{np.count_nonzero(bad)} of {bad.size} entries are" if bad.ndim else "it is"
                raise AssertionError(f"{name}: {count} {what}{first}")
    return a


def _assert_entries(a: np.ndarray, e: np.ndarray, rtol: float, atol: float, name: str) -> None:
    """Compare entry by entry what has the same shape and kind."""
    if e.dtype.kind in "fc":
        with np.errstate(all="ignore"):
            near = np.isfinite(a) & np.isfinite(e) & (np.abs(a - e) <= atol + rtol * np.abs(e))
            right = near | (a == e) | (np.isnan(a) & np.isnan(e))
    else:
        right = a == e
    if np.all(right):
        return
    wrong = np.argwhere(~np.atleast_1d(right))
    lines = [f"{name}: {len(wrong)} of {e.size} entries are wrong" if e.ndim else
             f"{name}: expected {_number(e[()], a[()])}, got {_number(a[()], e[()])}"]
    if e.ndim:
        rows = [("index", "expected", "got")] + [
            (str([int(i) for i in index]), _number(e[tuple(index)], a[tuple(index)]), _number(a[tuple(index)], e[tuple(index)]))
            for index in wrong[:SHOWN]]
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines += ["  " + "    ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        lines += [f"  ... and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
    raise AssertionError("\n".join(lines) + _explained(a, e))


def assert_gradient(function: Callable[[np.ndarray], Any], gradient: Callable[[np.ndarray], Any], x: ArrayLike, *,
                    rtol: float = 1e-6, atol: float = 1e-9, method: str = "central", name: str = "the gradient") -> None:
    """`gradient(x)` is the derivative of `function` at `x`, where `function` may be the student's own.

    A function that does not move, that gives another value when called again, or that gives no single number proves
    nothing about its gradient, and fails. The function's *values* need a check of their own.

    Parameters
    ----------
    function : array -> number
    gradient : array -> array of the same shape
    x : array of floats
    rtol, atol : tolerances; `atol` is relative to the largest entry of the derivative
    method : "central", five-point differences of order h^4, which an answer by lesser differences may pass; or "complex",
        a complex step, exact to rounding, for functions that accept complex arrays
    name : what the failure calls the gradient

    Examples
    --------
    >>> assert_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2, np.array([1.0, -2.0]))
    >>> assert_gradient(lambda x: np.sum(x**3), lambda x: x**2, np.array([1.0, -2.0]))
    Traceback (most recent call last):
        ...
    AssertionError: the gradient: 2 of 2 entries are wrong
      index    expected    got
      [0]      3           1
      [1]      12          4
    It looks like this: every entry is 0.333333 times what it should be.
    """
    if method not in ("central", "complex"):
        raise ValueError(f"method must be 'central' or 'complex', got {method!r}")
    x = np.array(x, dtype=float)

    def value(at: np.ndarray) -> Any:
        return numbers(function(at), np.asarray(0j if np.iscomplexobj(at) else 0.0), "the function")[()]

    given = numbers(gradient(x.copy()), x, name)
    here = value(x)
    if value(x) != here:
        raise AssertionError("the function gives another value when it is called with the same argument again")
    expected = np.empty_like(x)
    for index in np.ndindex(x.shape):
        def shifted(step: complex, index: tuple[int, ...] = index) -> Any:
            moved = x.astype(type(step))
            moved[index] += step
            return value(moved)
        if method == "complex":
            expected[index] = shifted(1e-30j).imag / 1e-30
        else:
            h = 1e-3 * max(1.0, abs(float(x[index])))
            expected[index] = (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h)
    if not np.any(expected):
        raise AssertionError("the function does not change when its argument does, so there is no gradient to compare")
    rounding = 0.0 if method == "complex" else 1e-12 * abs(here)            # of the differences, which divide by 1e-3
    _assert_entries(given, expected, rtol, atol * float(np.max(np.abs(expected))) + rounding, name)


def assert_distribution(samples: Any, cdf: Callable[[np.ndarray], np.ndarray] | None = None, *,
                        probabilities: ArrayLike | None = None, mean: ArrayLike | None = None, cov: ArrayLike | None = None,
                        kurtosis: float = 3.0, alarm: float = 1e-6, name: str = "the samples") -> None:
    r"""`samples` come from the distribution given by a `cdf`, by `probabilities`, or by the moments `mean` and `cov`.

    A right sampler fails with probability at most `alarm` (a wrong one may pass: give enough samples).

    - `cdf`: the largest gap between the empirical distribution and it, for every n by the inequality of Dvoretzky,
      Kiefer and Wolfowitz, :math:`P(\sup |F_n - F| > \varepsilon) \le 2 e^{-2 n \varepsilon^2}` (Massart 1990);
    - `probabilities`: the share of each category, for every n by Chernoff's bound,
      :math:`P(\mathrm{kl}(\hat p, p) > t) \le 2 e^{-n t}`;
    - `mean`, `cov`: by the central limit theorem, so for thousands of samples; all entries share `alarm` equally.

    Parameters
    ----------
    samples : array (n,) or (n, D); integers 0 ... K-1 of shape (n,) with `probabilities`
    cdf : function of an array (n,), for a continuous distribution of one dimension
    probabilities : array (K,), rows summing to one
    mean : number or array (D,)
    cov : variance or covariance matrix (D, D)
    kurtosis : :math:`E (x-\mu)^4 / \sigma^4`, on which the spread of a sample variance depends; 3 is the normal's
    alarm : probability that a right sampler fails
    name : what the failure calls the samples

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> assert_distribution(rng.random(1000), cdf=lambda x: np.clip(x, 0, 1))
    >>> assert_distribution(rng.random(1000) ** 2, cdf=lambda x: np.clip(x, 0, 1))
    Traceback (most recent call last):
        ...
    AssertionError: the samples: 0.508 of them are at most 0.222, where 0.222 are expected
    (a right sampler is off by 0.0852 at most once in 1,000,000 runs)
    """
    if (cdf is not None) + (probabilities is not None) + (mean is not None) != 1 or (mean is None) != (cov is None):
        raise ValueError("give either cdf, or probabilities, or mean and cov")
    shape, width = _shape(samples), np.size(mean if mean is not None else 0.0)
    like: np.ndarray = np.zeros(shape, int if probabilities is not None else float)
    wanted = "(n,)" if mean is None or np.ndim(mean) == 0 else f"(n, {width})"
    if len(shape) != (1 if wanted == "(n,)" else 2) or not shape[0] or shape[1:] not in ((), (width,)):
        raise AssertionError(f"{name}: expected an array of shape {wanted}, got {describe(samples)}")
    x = numbers(samples, like, name)
    rare = f"at most once in {1 / alarm:,.0f} runs"
    if cdf is not None:
        _assert_cdf(np.sort(x), cdf, math.sqrt(math.log(2 / alarm) / (2 * len(x))), rare, name)
    elif probabilities is not None:
        _assert_shares(x, np.asarray(probabilities, float), alarm, rare, name)
    else:
        moments = np.atleast_1d(np.asarray(mean, float)), np.atleast_2d(np.asarray(cov, float))
        _assert_moments(x.reshape(len(x), -1), *moments, kurtosis, alarm, name)


def _assert_cdf(x: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray], band: float, rare: str, name: str) -> None:
    n, f = len(x), np.asarray(cdf(x))
    above, below = np.arange(1, n + 1) / n - f, f - np.arange(n) / n
    i = int(np.argmax(np.maximum(above, below)))
    if max(above[i], below[i]) > band:
        share, words = ((i + 1) / n, "at most") if above[i] >= below[i] else (i / n, "below")
        raise AssertionError(f"{name}: {share:.3g} of them are {words} {x[i]:.3g}, where {f[i]:.3g} are expected\n"
                             f"(a right sampler is off by {band:.3g} {rare})")


def _assert_shares(x: np.ndarray, p: np.ndarray, alarm: float, rare: str, name: str) -> None:
    if np.any((x < 0) | (x >= len(p))):
        raise AssertionError(f"{name}: expected integers from 0 to {len(p) - 1}, got {x.min()} to {x.max()}")
    shares = np.bincount(x, minlength=len(p)) / len(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        kl = (np.where(shares > 0, shares * np.log(shares / p), 0.0)
              + np.where(shares < 1, (1 - shares) * np.log((1 - shares) / (1 - p)), 0.0))
    k = int(np.argmax(kl))
    if kl[k] * len(x) > math.log(2 * len(p) / alarm):
        raise AssertionError(f"{name}: {shares[k]:.3g} of them are {k}, where {p[k]:.3g} are expected\n"
                             f"(a right sampler is that far off {rare})")


def _assert_moments(x: np.ndarray, mean: np.ndarray, cov: np.ndarray, kurtosis: float, alarm: float, name: str) -> None:
    (n, d), rare = x.shape, f"at most once in {1 / alarm:,.0f} runs"
    z = NormalDist().inv_cdf(1 - alarm / (d + d * (d + 1) // 2) / 2)
    variances = np.diag(cov)
    got, error = x.mean(axis=0), z * np.sqrt(variances / n)
    if np.any(np.abs(got - mean) > error):
        i = int(np.argmax(np.abs(got - mean) / error))
        where = f" in coordinate {i}" if d > 1 else ""
        raise AssertionError(f"{name}: their mean{where} is {got[i]:.4g}, where {mean[i]:.4g} is expected\n"
                             f"(a right sampler is more than {error[i]:.2g} off {rare})")
    centered = x - mean
    spread, outer = centered.T @ centered / n, np.outer(variances, variances)
    errors = z * np.sqrt((kurtosis / 3 * (outer + 2 * cov**2) - cov**2) / n)     # E x_i^2 x_j^2 of an elliptical distribution
    if np.any(np.abs(spread - cov) > errors):
        i, j = divmod(int(np.argmax(np.abs(spread - cov) / errors)), d)
        what = ("variance" + (f" in coordinate {i}" if d > 1 else "")) if i == j else f"covariance of coordinates {i} and {j}"
        reason = ""
        if i == j and abs(spread[i, i] - cov[i, i] ** 2) < errors[i, i] * cov[i, i]:
            reason = "\nIt looks like this: a variance where a standard deviation is asked."
        elif i == j and abs(spread[i, i] - math.sqrt(cov[i, i])) < errors[i, i] / math.sqrt(cov[i, i]):
            reason = "\nIt looks like this: a root too many, of the standard deviation."
        raise AssertionError(f"{name}: their {what} is {spread[i, j]:.4g}, where {cov[i, j]:.4g} is expected\n"
                             f"(a right sampler is more than {errors[i, j]:.2g} off {rare}){reason}")


def assert_monotone(values: Any, *, increasing: bool = False, slack: float = 0.0, name: str = "the values") -> None:
    """`values` never rise by more than `slack` (never fall, if `increasing`), and end beyond where they began.

    Parameters
    ----------
    values : array (n,) or list of at least two numbers
    increasing : the direction
    slack : how far a step may go the wrong way, for rounding
    name : what the failure calls them

    Examples
    --------
    >>> assert_monotone([3.0, 2.0, 2.0, 1.5])
    >>> assert_monotone([3.0, 2.0, 2.5], name="the loss")
    Traceback (most recent call last):
        ...
    AssertionError: the loss: rises from 2 to 2.5 at step 2, and in 1 of 2 steps in all
    """
    shape = _shape(values)
    if len(shape) != 1 or shape[0] < 2:
        raise AssertionError(f"{name}: expected at least two numbers in a row, got {describe(values)}")
    whole = np.asarray(values).dtype.kind in "iu"
    x = numbers(values, np.zeros(shape, int) if whole else np.zeros(shape), name).astype(float)
    steps = np.diff(x) * (-1 if increasing else 1)
    wrong = np.flatnonzero(steps > slack)
    if len(wrong):
        i = wrong[0]
        verb = "falls" if increasing else "rises"
        raise AssertionError(f"{name}: {verb} from {_number(x[i], x[i + 1])} to {_number(x[i + 1], x[i])} at step {i + 1}, "
                             f"and in {len(wrong)} of {len(steps)} steps in all")
    if not np.sum(steps) < 0:
        raise AssertionError(f"{name}: ends at {x[-1]:.6g}, where it began: nothing moved")


def _shape(value: Any) -> tuple[int, ...]:
    """Shape of an array or list; () for what has none."""
    try:
        return np.shape(value)
    except ValueError:                                  # rows of different lengths
        return ()


def _explained(got: np.ndarray, expected: np.ndarray) -> str:
    """The last line of a failure, where a mistake explains it."""
    call = last_call.get()
    reason = diagnose(got, expected, call.factors() if call is not None else ())
    return f"\nIt looks like this: {reason}{'' if reason.endswith('?') else '.'}" if reason else ""


def _index(where: np.ndarray) -> list[int]:
    return [int(i) for i in np.argwhere(where)[0]]


def _number(value: Any, other: Any) -> str:
    """A number short enough to read, and long enough to differ from `other`."""
    if not isinstance(value, (np.floating, np.complexfloating, float, complex)):
        return repr(value.item() if isinstance(value, np.generic) else value)
    for digits in (6, 10, 14):
        if f"{value:.{digits}g}" != f"{other:.{digits}g}":
            return f"{value:.{digits}g}"
    return repr(value.item() if isinstance(value, np.generic) else value)
