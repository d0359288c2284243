"""What a wrong answer looks like: the mistake that turns the expected array into the one that came."""
from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

__all__ = ["diagnose"]

LOOSE = 1e-6


def close(a: np.ndarray, b: np.ndarray, rtol: float = LOOSE) -> bool:
    """Whether two arrays agree loosely, and with some number in them that is not zero."""
    largest = float(np.max(np.abs(b), initial=0, where=np.isfinite(b)))
    return a.shape == b.shape and largest > 0 and np.allclose(a, b, rtol=rtol, atol=1e-12 * largest, equal_nan=True)


def diagnose(got: np.ndarray, expected: np.ndarray, factors: Sequence[tuple[float, str]] = ()) -> str | None:
    """A sentence about the first mistake that explains `got` entirely, or None.

    Parameters
    ----------
    got, expected : arrays of numbers
    factors : numbers that a factor may come from, and what they are

    Examples
    --------
    >>> print(diagnose(np.array([2.0, -4.0]), np.array([1.0, -2.0]), [(2, "the length of x")]))
    every entry is 2 times what it should be, and 2 is the length of x: a sum where a mean is asked?
    """
    if got.dtype.kind not in "biufc" or expected.dtype.kind not in "biufc" or not got.size:
        return None
    if got.size > max(16 * expected.size, 1 << 20):                       # far too large: its shape says enough
        return None
    a, e = (x.astype(complex if x.dtype.kind == "c" else float) for x in (got, expected))
    with np.errstate(all="ignore"):
        return next(_shapes(a, e) if a.shape != e.shape else _values(a, e, got.dtype, factors), None)


def _shapes(a: np.ndarray, e: np.ndarray) -> Iterator[str]:
    """Mistakes that change the shape."""
    if a.ndim >= 2 and a.shape == e.shape[::-1]:
        yield "the right numbers, transposed" if close(a.T, e) else "the shape is that of the transpose"
    if a.size == e.size and [n for n in a.shape if n > 1] == [n for n in e.shape if n > 1]:
        right = "the right numbers, with " if close(a.reshape(e.shape), e) else ""
        yield f"{right}an axis of length 1 too {'many' if a.ndim > e.ndim else 'few'} (keepdims, or x[:, None]?)" \
            if a.ndim != e.ndim else f"{right}the axis of length 1 in another place"
    if a.size == e.size and a.ndim != e.ndim and close(a.ravel(), e.ravel()):
        yield f"the right numbers: reshape them to {e.shape}"
    for axis in range(a.ndim):
        if a.ndim > e.ndim and close(a.sum(axis), e):
            yield f"a sum over axis {axis} is missing"
        if a.ndim > e.ndim and close(a.mean(axis), e):
            yield f"a mean over axis {axis} is missing"
    for axis in range(e.ndim):
        if close(a, e.sum(axis)):
            yield f"this is the expected answer summed over its axis {axis}: one sum too many"
        if close(a, e.mean(axis)):
            yield f"this is the expected answer averaged over its axis {axis}: one mean too many"
    if a.ndim == e.ndim and a.ndim > 0 and all(n - m in (-1, 0, 1) for n, m in zip(a.shape, e.shape)):
        yield "a length is off by one: is an end left out, or counted twice?"


def _values(a: np.ndarray, e: np.ndarray, dtype: np.dtype, factors: Sequence[tuple[float, str]]) -> Iterator[str]:
    """Mistakes that keep the shape."""
    if not np.any(a) and np.any(e):
        yield "every entry is zero"
    if close(a, -e):
        yield "every entry has the wrong sign"
    if a.ndim == 2 and a.shape[0] == a.shape[1] and close(a.T, e):
        yield "the right numbers, transposed"
    if dtype in (np.float16, np.float32) and close(a, e, 1e-2 if dtype == np.float16 else 1e-4):
        yield f"computed in {dtype}: the numbers agree as far as it goes"
    if close(a, e, 1e-3):
        worst = np.max(np.abs((a - e) / e), where=e != 0, initial=0)
        yield (f"close (to about {worst:.0e}) but not exact: an approximation, such as finite differences, too few steps, or a "
               "small constant added for safety?")
        return
    yield from _scaled(a, e, factors)
    yield from _moved(a, e)
    yield from _another_function(a, e)
    if dtype.kind in "fc" and close(np.sort(a.ravel()), np.sort(e.ravel())):
        yield "the right numbers, in another order"
    yield from _partly(a, e)


def _moved(a: np.ndarray, e: np.ndarray) -> Iterator[str]:
    """The right numbers in the wrong place along an axis."""
    for axis, n in enumerate(a.shape):
        if n > 1 and close(np.flip(a, axis), e):
            yield f"the right numbers, in reverse order along axis {axis}"
        if n > 2 and not np.allclose(e, np.roll(e, 1, axis)):
            first, last = np.arange(n - 1), np.arange(1, n)
            if close(np.take(a, last, axis), np.take(e, first, axis)):
                yield f"off by one along axis {axis}: entry i holds what belongs in entry i - 1"
            if close(np.take(a, first, axis), np.take(e, last, axis)):
                yield f"off by one along axis {axis}: entry i holds what belongs in entry i + 1"


def _scaled(a: np.ndarray, e: np.ndarray, factors: Sequence[tuple[float, str]]) -> Iterator[str]:
    """A factor, or a constant added: to all entries alike, or row by row."""
    if np.all(np.isfinite(a)) and np.all(np.isfinite(e)) and np.any(e) and a.size > 1:
        factor = np.vdot(e, a) / np.vdot(e, e)
        if factor and close(a, factor * e):
            own = [(n, f"the length of axis {i} of the answer") for i, n in enumerate(e.shape)]
            yield _named(factor, factors, own)
        if close(a, e + np.mean(a - e)):
            yield f"every entry is off by the same amount, {np.mean(a - e):.6g}"
        ones = [[axis for axis in range(x.ndim) if np.allclose(x.sum(axis), 1)] for x in (a, e)]
        if e.ndim > 1 and ones[0] and ones[1] and ones[0] != ones[1]:
            yield f"it sums to one along axis {ones[0][0]}, and should along axis {ones[1][0]}"
        for axis in range(e.ndim if e.ndim > 1 else 0):
            ratios = np.sum(a * e, axis, keepdims=True) / np.sum(e * e, axis, keepdims=True)
            indices = "each " + ("row" if axis == 1 else "column") if e.ndim == 2 else f"each slice along axis {axis}"
            if e.shape[axis] > 1 and close(a, ratios * e):
                yield f"{indices} is off by a factor of its own" + (": it should sum to one" if axis in ones[1] else "")
            if e.shape[axis] > 1 and close(a, e + np.mean(a - e, axis, keepdims=True)):
                yield f"{indices} is off by a constant of its own"
    elif a.size == 1 and np.all(np.isfinite(a)) and np.any(e):
        ratio = (a / e).item()
        if any(_is(abs(ratio), abs(n)) or _is(abs(ratio), 1 / abs(n)) for n, _ in [(2, ""), *factors] if n):
            yield _named(ratio, factors)


def _is(x: float, y: float) -> bool:
    return abs(x - y) < LOOSE * abs(y)


def _named(factor: complex, *sources: Sequence[tuple[float, str]]) -> str:
    """A factor, and where it may come from: the first of the sources that has it."""
    if abs(np.imag(factor)) > LOOSE * abs(factor):
        return f"every entry is {factor:.6g} times what it should be"
    size, sign = abs(float(np.real(factor))), " and has the wrong sign" if np.real(factor) < 0 else ""
    for source in sources:
        known = [(abs(n), what) for n, what in source if n not in (0, 1)]
        times, over = [what for n, what in known if _is(size, n)], [what for n, what in known if _is(size, 1 / n)]
        asked = "a sum where a mean" if times else "a mean where a sum"
        question = f": {asked} is asked?" if all(what.startswith("the length") for what in times + over) else ""
        if times:
            whose = " and ".join([*dict.fromkeys(times), *(f"one over {what}" for what in dict.fromkeys(over))][:3])
            return f"every entry is {size:.6g} times what it should be{sign}, and {size:.6g} is {whose}{question}"
        if over:
            whose = " and ".join([*dict.fromkeys(over)][:3])
            return f"every entry is 1/{1 / size:.6g} of what it should be{sign}, and {1 / size:.6g} is {whose}{question}"
    return f"every entry is {size:.6g} times what it should be{sign}"


def _another_function(a: np.ndarray, e: np.ndarray) -> Iterator[str]:
    """A function of the expected numbers."""
    if close(a, np.exp(e)):
        yield "the exponential of what is asked: a probability where its logarithm is asked?"
    if close(a, np.log(e)):
        yield "the logarithm of what is asked"
    if close(a, -np.log(e)):
        yield "minus the logarithm of what is asked"
    if close(a, 1 - e):
        yield "one minus what is asked"
    if close(a, 1 / e):
        yield "one over what is asked"
    if close(a, e**2):
        yield "the square of what is asked"
    if close(a, np.sqrt(e)):
        yield "the square root of what is asked"


def _partly(a: np.ndarray, e: np.ndarray) -> Iterator[str]:
    """Right in most places, or along some rows."""
    right = np.isclose(a, e, rtol=LOOSE, atol=0, equal_nan=True)
    if a.ndim == 0 or not right.any() or right.all():
        return
    for axis, n in enumerate(a.shape):
        lines = np.all(right, axis=tuple(i for i in range(a.ndim) if i != axis))
        wrong = np.flatnonzero(~lines)
        if n > 2 and 0 < len(wrong) <= n // 2 and lines.any():
            names = [[("entry", "entries")], [("row", "rows"), ("column", "columns")]]
            one, many = names[a.ndim - 1][axis] if a.ndim < 3 else (f"slice {axis=}", f"slices {axis=}")
            if len(wrong) == 1:
                name = {0: f"the first {one}", n - 1: f"the last {one}"}.get(int(wrong[0]), f"{one} {wrong[0]}")
                yield f"only {name} is wrong"
            else:
                yield f"only {many} {', '.join(map(str, wrong[:6]))}{', ...' if len(wrong) > 6 else ''} are wrong"
