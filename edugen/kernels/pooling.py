"""Max pooling: the largest entry of each window, with its gradient.  (Average pooling is a convolution with equal weights.)

Where entries are equal and largest, they share: the gradient of a window goes to all of them in equal parts. So two linear maps
belong to the function, transposes of each other, and derivatives of any order are these two:

    at_max(c, x)         the mean of c where x is largest, one number a window; at_max(x, x) is max_pool(x)
    max_gradient(g, x)   each window's g, in equal parts, where x is largest

The border is lower than any number. A NaN is the largest of its window, but equals none, so that its gradient goes nowhere.
"""
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .convolution import SHARES, _flat, _gather, _layout, _scatter
from .jit import jit, kernel, prange

__all__ = ["at_max", "max_gradient", "max_pool"]


# References: every window, side by side --------------------------------------------------------------------------------------

def _lowest(dtype):
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _windows(x, size, stride, padding, border):
    """(N, C, *out, *size); a view, but for the padding."""
    x = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=border)
    entries: Any = (..., *(slice(None, None, s) for s in stride), *(slice(None) for _ in size))
    return sliding_window_view(x, size, tuple(range(2, x.ndim)))[entries]


def _shares(x, size, stride, padding):
    """For each entry of each window what part of the window is its, (N, C, *out, *size), and the axes of an entry."""
    windows, axes = _windows(x, size, stride, padding, _lowest(x.dtype)), tuple(range(-len(size), 0))
    largest = windows == windows.max(axes, keepdims=True)
    return largest / np.maximum(largest.sum(axes, keepdims=True, dtype=np.result_type(x, np.float32)), 1), axes


@kernel
def max_pool(x, size, stride, padding):
    """x (N, C, *image) -> (N, C, *out); one size, one stride, one pair of padding a dimension."""
    return _windows(x, size, stride, padding, _lowest(x.dtype)).max(tuple(range(-len(size), 0)))


@kernel
def at_max(c, x, size, stride, padding):
    """Mean of c (N, C, *image) where x, of the same shape, is largest: (N, C, *out)."""
    shares, axes = _shares(x, size, stride, padding)
    return np.sum(np.where(shares, _windows(c, size, stride, padding, 0), 0) * shares, axes)


@kernel
def max_gradient(g, x, size, stride, padding):
    """g (N, C, *out) -> gradient of x, (N, C, *image)."""
    shares, _ = _shares(x, size, stride, padding)
    padded = np.zeros((*x.shape[:2], *(n + sum(p) for n, p in zip(x.shape[2:], padding, strict=True))), np.result_type(g, x))
    for tap in np.ndindex(*size):                                         # one entry of every window; those never coincide
        places: Any = (..., *(slice(t, t + s * (n - 1) + 1, s) for t, n, s in zip(tap, g.shape[2:], stride, strict=True)))
        padded[places] += np.where(shares[(..., *tap)], g, 0) * shares[(..., *tap)]
    inside: Any = (..., *(slice(before, before + n) for n, (before, _) in zip(x.shape[2:], padding, strict=True)))
    return padded[inside]


# Twins ----------------------------------------------------------------------------------------------------------------------
# The image lies flat, its phases one after the other, as in `convolution`: a window is a place p, its entries are at offsets + p.
# So a loop runs along contiguous numbers, over many windows. Some reach over the end of a row, and are dropped.

@jit
def _find(flat, offsets, length, top):
    """top[p] = the largest of flat[offsets + p], NaN if one is."""
    for p in range(length):
        top[0, p] = flat[0, offsets[0] + p]
    for at in offsets[1:]:
        for p in range(length):                                           # a choice of numbers, no jump: eight at a time
            v, largest = flat[0, at + p], top[0, p]
            top[0, p] = largest if v <= largest or largest != largest else v


@jit
def _count(flat, offsets, length, top, count):
    """How many of flat[offsets + p] are the largest: none, where it is NaN."""
    zero, one = count.dtype.type(0), count.dtype.type(1)
    count[:] = zero
    for at in offsets:
        for p in range(length):
            count[0, p] += one if flat[0, at + p] == top[0, p] else zero


@jit(parallel=True)
def _max_windows(x, runs, step, offsets, width, y, y_runs, length):
    for share in prange(SHARES):                                          # of the planes (n, c)
        flat, top = np.full((1, width), -np.inf, x.dtype), np.empty((1, length), x.dtype)
        for n in range(share * x.shape[0] // SHARES, (share + 1) * x.shape[0] // SHARES):
            _gather(x[n:n + 1], runs, step, flat, 0)
            _find(flat, offsets, length, top)
            _scatter(top, y_runs, 1, y[n:n + 1])


@jit
def _spread(flat, offsets, length, top, count, g, result):
    """result[offsets + p] = g[p] / count[p] where flat is the largest, and the sum of all that meets there."""
    for p in range(length):
        count[0, p] = g[0, p] / max(count[0, p], g.dtype.type(1))
    result[:] = 0
    for at in offsets:
        for p in range(length):
            part = count[0, p]                                            # loaded in any case: else there would be a jump
            result[0, at + p] += part if flat[0, at + p] == top[0, p] else g.dtype.type(0)


@jit(parallel=True)
def _spread_windows(g, g_runs, x, runs, step, offsets, width, result, length):
    for share in prange(SHARES):
        flat, sums = np.full((1, width), -np.inf, x.dtype), np.empty((1, width), x.dtype)
        top, count, mine = np.empty((1, length), x.dtype), np.empty((1, length), x.dtype), np.zeros((1, length), x.dtype)
        for n in range(share * x.shape[0] // SHARES, (share + 1) * x.shape[0] // SHARES):
            _gather(x[n:n + 1], runs, step, flat, 0)
            _gather(g[n:n + 1], g_runs, 1, mine, 0)                       # windows that are not wanted keep their zero
            _find(flat, offsets, length, top)
            _count(flat, offsets, length, top, count)
            _spread(flat, offsets, length, top, count, mine, sums)
            _scatter(sums, runs, step, result[n:n + 1])


@jit
def _collect_windows(c, x, runs, step, offsets, width, y, y_runs, length):
    flat, other = np.full((1, width), -np.inf, x.dtype), np.zeros((1, width), x.dtype)
    top, count, total = np.empty((1, length), x.dtype), np.empty((1, length), x.dtype), np.empty((1, length), x.dtype)
    for n in range(x.shape[0]):
        _gather(x[n:n + 1], runs, step, flat, 0)
        _gather(c[n:n + 1], runs, step, other, 0)
        _find(flat, offsets, length, top)
        _count(flat, offsets, length, top, count)
        total[:] = 0
        for at in offsets:
            for p in range(length):
                entry = other[0, at + p]
                total[0, p] += entry if flat[0, at + p] == top[0, p] else x.dtype.type(0)
        _scatter(total / np.maximum(count, x.dtype.type(1)), y_runs, 1, y[n:n + 1])


def _plan(image, size, stride, padding):
    """The layout, and what the twins ask for: runs of an image, their step, offsets of a window's entries, length of a buffer."""
    lay = _layout(image, size, stride, (1,) * len(image), padding)
    runs, offsets = lay.phase_after_phase(lay.size)
    return lay, (runs, lay.step, offsets, lay.phases * lay.size)


def _planes(x):
    return _flat(x).reshape(x.shape[0] * x.shape[1], -1)


def _compiled(*arrays):
    return arrays[0].dtype in (np.float32, np.float64) and all(a.size and a.dtype == arrays[0].dtype for a in arrays)


@max_pool.numba
def _(x, size, stride, padding):
    if not _compiled(x):
        return max_pool.reference(x, size, stride, padding)
    lay, plan = _plan(x.shape[2:], size, stride, padding)
    y = np.empty((x.shape[0] * x.shape[1], math.prod(lay.out)), x.dtype)
    _max_windows(_planes(x), *plan, y, lay.result, lay.length)
    return y.reshape(*x.shape[:2], *lay.out)


@at_max.numba
def _(c, x, size, stride, padding):
    if not _compiled(c, x):
        return at_max.reference(c, x, size, stride, padding)
    lay, plan = _plan(x.shape[2:], size, stride, padding)
    y = np.empty((x.shape[0] * x.shape[1], math.prod(lay.out)), x.dtype)
    _collect_windows(_planes(c), _planes(x), *plan, y, lay.result, lay.length)
    return y.reshape(*x.shape[:2], *lay.out)


@max_gradient.numba
def _(g, x, size, stride, padding):
    if not _compiled(g, x):
        return max_gradient.reference(g, x, size, stride, padding)
    lay, plan = _plan(x.shape[2:], size, stride, padding)
    result = np.empty((x.shape[0] * x.shape[1], math.prod(x.shape[2:])), x.dtype)
    _spread_windows(_planes(g), lay.result, _planes(x), *plan, result, lay.length)
    return result.reshape(x.shape)
