r"""Checking a gradient against central differences, and saying what is wrong with it."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .tensor import raw
from .transform import grad

__all__ = ["GradientError", "check_gradients"]


class GradientError(AssertionError):
    """A gradient disagrees with central differences."""


def check_gradients(f: Callable, *args: Any, order: int = 1, gradient: Callable | None = None, rng: Any = 0,
                    rtol: float = 1e-6, directions: int = 3) -> None:
    r"""Compare the gradient of `f` with central differences, :math:`\frac{f(x + hv) - f(x - hv)}{2h}`, along random directions v.

    An output that isn't a scalar is contracted with random numbers first: with a cotangent of ones a transposed or a
    misplaced entry can hide in the sum. Order 2 checks the gradient of the gradient likewise.

    Parameters
    ----------
    f : function of arrays (or trees of arrays) that returns an array (or a tree of arrays)
    *args : where to check it; all floating arguments are checked, in float64
    order : 1 or 2 (or more)
    gradient : a gradient written by hand to check instead of the engine's: called with the same arguments, it returns the
        gradient of a scalar `f` with respect to the first, or a tuple with that of each
    rng : seed or generator of the directions
    rtol : relative error allowed; of slopes below 1e-3 it is taken relative to 1e-3
    directions : how many for each argument

    Raises
    ------
    GradientError
        Names the argument, the worst index, both numbers, and a likely cause.

    Examples
    --------
    >>> check_gradients(lambda w, x: np.tanh(x @ w), np.ones((3, 2)), np.eye(3), order=2)
    >>> check_gradients(lambda w: np.mean(w ** 2), np.array([1.0, 2.0]), gradient=lambda w: 2 * w)
    Traceback (most recent call last):
    ...
    edugen.autodiff.check.GradientError: the gradient of <lambda>() is wrong in argument 0 at [1]: got 4, central differences 2.
    All entries are 2 times too large: did you average?
    """
    rng = np.random.default_rng(rng)
    args = tuple(_doubles(a) for a in args)
    numbers = [i for i, a in enumerate(args) if tree.flatten(a)[0]]
    if not numbers:
        raise TypeError("check_gradients: no argument holds floating arrays: pass 3.0 instead of 3, or x.astype(float)")
    label = getattr(f, "__name__", type(f).__name__)
    if gradient is None:
        scalar = _contracted(f, args, rng)
        slope = grad(scalar, tuple(numbers))
    else:
        scalar = f
        if np.shape(raw(f(*args))) != ():
            raise TypeError("check_gradients: gradient= checks the gradient of a scalar function")

        def slope(*xs):
            g = gradient(*xs)
            return tuple(_numbers(x, label) for x in (g if type(g) is tuple else (g,)))
        numbers = numbers[:len(slope(*args))]
    for which, (i, g) in enumerate(zip(numbers, slope(*args), strict=True)):
        _compare(scalar, args, i, g, rng, rtol, directions, label)
        if order > 1:
            v = [rng.normal(size=np.shape(leaf)) for leaf in tree.flatten(args[i])[0]]

            def directional(*xs, which=which, v=v):
                leaves = tree.flatten(slope(*xs)[which])[0]
                return sum(np.sum(a * b) for a, b in zip(leaves, v, strict=True))
            try:
                check_gradients(directional, *args, order=order - 1, rng=rng, rtol=rtol, directions=directions)
            except GradientError as error:
                raise GradientError(f"second order: {error}".replace("directional", f"the gradient of {label}")) from None


def _numbers(g, label):
    if g is None:
        raise GradientError(f"the gradient of {label}() is None: did you forget to return it?")
    return np.asarray(g, dtype=float) if isinstance(g, (np.ndarray, np.generic, int)) and not tree.is_leaf(g) else g


def _doubles(x):
    leaves, build = tree.flatten(x)
    return build([np.array(leaf, dtype=float) for leaf in leaves])


def _contracted(f, args, rng):
    """`f` as a scalar: the inner product of its result with fixed random numbers."""
    weights = [rng.normal(size=np.shape(y)) for y in tree.flatten(f(*args))[0]]
    if not weights:
        raise TypeError("check_gradients: the function returned no floating array")

    def scalar(*xs):
        return sum(np.sum(y * w) for y, w in zip(tree.flatten(f(*xs))[0], weights, strict=True))
    return scalar


def _compare(f, args, i, g, rng, rtol, directions, label):
    vector = tree.ravel(args[i])[0]
    slots = tree.flatten(g)[0]
    shapes = [np.shape(leaf) for leaf in tree.flatten(args[i])[0]]
    if [np.shape(s) for s in slots] != shapes:
        raise GradientError(f"the gradient of {label}() in argument {i} has shape {_list(map(np.shape, slots))}, the argument "
                            f"{_list(shapes)}. " + _shape_diagnosis([np.shape(s) for s in slots], shapes))
    analytic = np.concatenate([np.ravel(s) for s in slots]) if slots else np.zeros(0)

    for _ in range(directions if vector.size else 0):
        v = rng.normal(size=vector.size)
        v /= np.linalg.norm(v)
        numeric, noise = _slope(f, args, i, v)
        error, scale = abs(analytic @ v - numeric), max(np.linalg.norm(analytic) / vector.size ** 0.5, abs(numeric), 1e-3)
        if not (np.isfinite(error) and error <= rtol * scale + noise * rtol ** 0.5):
            raise GradientError(f"the gradient of {label}() is wrong in argument {i}"
                                + _explain(f, args, i, analytic, numeric, analytic @ v))


def _slope(f, args, i, v):
    """Central difference of f along v in its i-th argument, and how far its rounding may be off."""
    vector, unravel = tree.ravel(args[i])
    h = 1e-5 * max(1.0, float(np.max(np.abs(vector), initial=0.0)))
    up, down = (float(f(*args[:i], unravel(vector + s * h * v), *args[i + 1:])) for s in (1, -1))
    return (up - down) / (2 * h), max(abs(up), abs(down)) * 1e-11 / h


def _explain(f, args, i, got, numeric, directional):
    if got.size > 5000:
        return f": along a random direction got {directional:.6g}, central differences give {numeric:.6g}"
    shapes = [[np.shape(leaf) for leaf in tree.flatten(x)[0]] for x in args]
    like = [j for j in range(len(args)) if j != i and shapes[j] == shapes[i]]
    expected, *others = (np.array([_slope(f, args, j, e)[0] for e in np.eye(got.size)]) for j in (i, *like))
    worst = int(np.argmax(np.where(np.isfinite(got), np.abs(got - expected), np.inf)))
    text = f" at {_place(args[i], worst)}: got {got[worst]:.6g}, central differences {expected[worst]:.6g}.\n"
    for j, other in zip(like, others, strict=True):
        if np.any(got) and np.allclose(got, other, rtol=1e-4, atol=1e-8):
            return text + f"It is the gradient in argument {j}: were the two swapped?"
    return text + diagnose(got, expected, np.shape(args[i]) if tree.is_leaf(args[i]) else ())


def diagnose(got: np.ndarray, expected: np.ndarray, shape: tuple[int, ...] = ()) -> str:
    """The likeliest reason why `got` isn't `expected`, two vectors that list the entries of an array of `shape`."""
    if not np.all(np.isfinite(got)):
        return f"{np.sum(~np.isfinite(got))} of {got.size} entries are not finite: a division by zero or the log of zero?"
    if not np.any(got):
        return "All entries are zero: was the gradient cut, by stop_gradient, rounding or a comparison?"
    error = np.linalg.norm(got - expected) / np.linalg.norm(got)
    if error < 1e-4:
        return f"Nearly right, with a relative error of {error:.0e}: was something rounded, or computed in float32?"
    big = np.abs(expected) > 1e-6 * np.max(np.abs(expected))
    ratio = got[big] / expected[big]
    if big.any() and np.ptp(ratio) < 1e-4 * abs(ratio[0]):
        r = float(np.mean(ratio))
        if abs(r + 1) < 1e-4:
            return "All entries have the opposite sign."
        n = round(max(abs(r), 1 / abs(r)))
        if n > 1 and min(abs(abs(r) / n - 1), abs(abs(r) * n - 1)) < 1e-4:
            times, hint = ("large", "did you average?") if abs(r) > 1 else ("small", "did you average where a sum is meant?")
            return f"All entries are {n} times too {times}{' and of opposite sign' if r < 0 else ''}: {hint}"
        return f"All entries are {r:.4g} times as large as they should be: a forgotten constant factor?"
    if len(shape) == 2 and shape[0] == shape[1] and np.allclose(got.reshape(shape).T.ravel(), expected, rtol=1e-4, atol=1e-8):
        return "It is the transpose of the right gradient."
    if np.allclose(np.abs(got), np.abs(expected), rtol=1e-4, atol=1e-8):
        return "The sizes are right and some signs are wrong."
    for shift, which in ((1, "late"), (-1, "early")):
        if got.size > 2 and np.allclose(got[1:-1], np.roll(expected, shift)[1:-1], rtol=1e-4, atol=1e-8):
            return f"The right numbers stand one place too {which}: off by one?"
    if np.allclose(np.sort(got), np.sort(expected), rtol=1e-4, atol=1e-8):
        return "The right numbers stand in the wrong places: reversed, permuted, or reshaped where a transpose is meant?"
    wrong = ~np.isclose(got, expected, rtol=1e-4, atol=1e-8)
    return f"{wrong.sum()} of {got.size} entries are wrong" + (", the others agree." if not wrong.all() else ".")


def _shape_diagnosis(got, expected):
    if len(got) == len(expected) == 1:
        if got[0] == expected[0][::-1]:
            return "It looks transposed."
        if len(got[0]) == len(expected[0]) + 1:
            return "There is an axis too many: did you forget to sum over the batch?"
        if len(got[0]) == len(expected[0]) - 1:
            return "There is an axis too few: was something summed that should not be?"
        if len(got[0]) == len(expected[0]):
            return "The number of axes is right, their lengths are not: was a sum taken along the wrong axis?"
    return "A gradient has its argument's shape."


def _place(x, k):
    """The k-th number of a tree as one would write its index."""
    for path, leaf in zip(tree.paths(x), tree.flatten(x)[0], strict=True):
        if k < np.size(leaf):
            index = ", ".join(str(int(j)) for j in np.unravel_index(k, np.shape(leaf))) if np.shape(leaf) else ""
            return path + (f"[{index}]" if index else "") or "its only entry"
        k -= np.size(leaf)
    raise IndexError(k)


def _list(shapes):
    shapes = [str(s) for s in shapes]
    return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"
