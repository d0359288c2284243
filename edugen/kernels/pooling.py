"""Max pooling: the largest entry of each window, with its gradient.  (Average pooling is a convolution with equal weights.)

Where entries are equal and largest, they share: the gradient of a window goes to all of them in equal parts. So two linear maps
belong to the function, transposes of each other, and derivatives of any order are these two:

    at_max(c, x)         the mean of c where x is largest, one number a window; at_max(x, x) is max_pool(x)
    max_gradient(g, x)   each window's g, in equal parts, where x is largest

The border is lower than any number. A NaN is the largest of its window, but equals none, so that its gradient goes nowhere.
"""
import functools
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .arguments import fitting
from .jit import compilable, jit, kernel
from .threads import share_out

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


@functools.lru_cache(maxsize=128)                                         # a network asks for the same ones in every step
def _result(x, size, stride, padding):
    """Shape of the result for an x of this shape."""
    d = len(x) - 2
    if d < 1 or not d == len(size) == len(stride) == len(padding) or min(*size, *stride) < 1 or min(map(min, padding)) < 0:
        raise ValueError("pooling: expected x (N, C, *image), and for each dimension of the image a size and a stride of at "
                         f"least 1 and a pair of padding of at least 0, got x {x}, size {size}, stride {stride} and padding "
                         f"{padding}")
    out = tuple((n + sum(w) - k) // s + 1 for n, k, s, w in zip(x[2:], size, stride, padding, strict=True))
    if min(out) < 1:
        raise ValueError(f"pooling: windows {size} are larger than the image {x[2:]} with its padding {padding}")
    return (*x[:2], *out)


def _fits(x, size, stride, padding):
    _image(x)
    _result(x.shape, size, stride, padding)


def _both_fit(c, x, size, stride, padding):
    _images(c, x)
    _result(x.shape, size, stride, padding)


def _gradient_fits(g, x, size, stride, padding):
    _gradient(g, x)
    if g.shape != _result(x.shape, size, stride, padding):
        raise ValueError(f"max_gradient: g must be of shape {_result(x.shape, size, stride, padding)}, as the result for x "
                         f"{x.shape} is, got {g.shape}")


_image = fitting("max_pool", "x (N, C, *image)")
_images = fitting("at_max", "c (N, C, *image), x (N, C, *image)")
_gradient = fitting("max_gradient", "g (N, C, *out), x (N, C, *image)")


@kernel(check=_fits)
def max_pool(x, size, stride, padding):
    """x (N, C, *image) -> (N, C, *out); one size, one stride, one pair of padding a dimension."""
    return _windows(x, size, stride, padding, _lowest(x.dtype)).max(tuple(range(-len(size), 0)))


@kernel(check=_both_fit)
def at_max(c, x, size, stride, padding):
    """Mean of c (N, C, *image) where x, of the same shape, is largest: (N, C, *out)."""
    shares, axes = _shares(x, size, stride, padding)
    return np.sum(np.where(shares, _windows(c, size, stride, padding, 0), 0) * shares, axes)


@kernel(check=_gradient_fits)
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

LARGE = 2**16                                                             # numbers from which a second thread pays

# The images lie flat, one plane (n, c) behind the other: a window is a place, and its entries are at place + offsets, in any
# number of dimensions. Planes are shared out among the threads; `places` are those of the first plane's windows. (Numba counts
# the users of a view of a plane or a row, which takes longer than a small window.)

@jit
def _larger(v, top):
    return top if v <= top or top != top else v                           # a NaN is larger than any number, and stays


@jit
def _largest(x, place, offsets):
    """The largest entry of a window, where it is, and how many are equal to it; of several, the first."""
    first = place + offsets[0]
    top, count = x[first], 1
    for k in range(1, len(offsets)):
        at = place + offsets[k]
        v = x[at]
        larger = not (v <= top or top != top)
        count = 1 if larger else count + (v == top)                       # choices, no jumps
        first = at if larger else first
        top = v if larger else top
    return top, first, count


@jit
def _row(x, start, step, offsets, y, at, width):
    """The largest of each window of a row: tap after tap, over numbers that are `step` apart."""
    for j in range(width):
        y[at + j] = x[start + offsets[0] + step * j]
    for k in range(1, len(offsets)):
        tap = start + offsets[k]
        for j in range(width):
            y[at + j] = _larger(x[tap + step * j], y[at + j])


@jit
def _max_windows(low, high, x, plane, places, step, width, offsets, y):
    for n in range(np.uintp(low), np.uintp(high)):
        for p in range(np.uintp(0), np.uintp(len(places)), width):
            start, at = n * plane + places[p], n * np.uintp(len(places)) + p
            if step == 2:                                                 # a step that is known: many numbers at a time
                _row(x, start, np.uintp(2), offsets, y, at, width)
            else:
                _row(x, start, step, offsets, y, at, width)


@jit
def _collect_windows(low, high, c, x, plane, places, offsets, y):
    zero, count = y.dtype.type(0), np.uintp(len(places))
    for n in range(np.uintp(low), np.uintp(high)):
        for p in range(count):
            place = n * plane + places[p]
            top, _, equal = _largest(x, place, offsets)
            total = zero
            for at in offsets:
                total += c[place + at] if x[place + at] == top else zero
            y[n * count + p] = total / y.dtype.type(equal)


@jit
def _spread_windows(low, high, g, x, plane, places, offsets, result):
    """Into zeros: windows that overlap add up."""
    zero, count = g.dtype.type(0), np.uintp(len(places))
    for n in range(np.uintp(low), np.uintp(high)):
        for p in range(count):
            place = n * plane + places[p]
            top, first, equal = _largest(x, place, offsets)
            if equal == 1:                                                # nearly always
                result[first] += g[n * count + p] if top == top else zero
            else:
                part = g[n * count + p] / g.dtype.type(equal)
                for at in offsets:
                    result[place + at] += part if x[place + at] == top else zero


# Windows of 2 x 2 that tile the image, which is how most networks pool: no entry is in two windows, so that nothing adds up,
# and a window's four entries are all at hand, for many windows of a row at a time.

@jit
def _max_tiles(low, high, x, plane, places, width, line, y):
    two, one = np.uintp(2), np.uintp(1)
    for n in range(np.uintp(low), np.uintp(high)):
        for p in range(np.uintp(0), np.uintp(len(places)), width):
            upper, at = n * plane + places[p], n * np.uintp(len(places)) + p
            lower = upper + line
            for j in range(width):
                a, b = upper + two * j, lower + two * j
                y[at + j] = _larger(_larger(x[b + one], x[b]), _larger(x[a + one], x[a]))


@jit
def _spread_tiles(low, high, g, x, plane, places, width, line, result):
    zero, two, one = x.dtype.type(0), np.uintp(2), np.uintp(1)
    for n in range(np.uintp(low), np.uintp(high)):
        for p in range(np.uintp(0), np.uintp(len(places)), width):
            upper, at = n * plane + places[p], n * np.uintp(len(places)) + p
            lower = upper + line
            for j in range(width):
                a, b = upper + two * j, lower + two * j
                top = _larger(_larger(x[b + one], x[b]), _larger(x[a + one], x[a]))
                part = g[at + j] / x.dtype.type((x[a] == top) + (x[a + one] == top) + (x[b] == top) + (x[b + one] == top))
                result[a], result[a + one] = part if x[a] == top else zero, part if x[a + one] == top else zero
                result[b], result[b + one] = part if x[b] == top else zero, part if x[b + one] == top else zero


def _flattened(x, padding, border):
    """All numbers of the padded images, and the shape of one of these."""
    if any(map(any, padding)):
        x = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=border)
    return np.require(x, requirements=["C", "A", "W"]).reshape(-1), x.shape[2:]


@functools.lru_cache(maxsize=128)                                         # a network asks for the same ones in every step
def _plan(image, size, stride):
    """Where windows begin in a flat image, the offsets of a window's entries, and the shape of the result."""
    index = np.arange(math.prod(image)).reshape(image)
    out = tuple((n - k) // s + 1 for n, k, s in zip(image, size, stride, strict=True))
    places = index[tuple(slice(0, s * n, s) for n, s in zip(out, stride, strict=True))]
    offsets = index[tuple(map(slice, size))]                              # unsigned: then nobody asks whether they are negative
    return places.ravel().astype(np.uintp), offsets.ravel().astype(np.uintp), out


@max_pool.numba
def _(x, size, stride, padding):
    if not compilable(x):
        return max_pool.reference(x, size, stride, padding)
    flat, image = _flattened(x, padding, -np.inf)
    places, offsets, out = _plan(tuple(image), tuple(size), tuple(stride))
    y, width, plane = np.empty((*x.shape[:2], *out), x.dtype), np.uintp(out[-1]), np.uintp(math.prod(image))
    planes, alone = x.shape[0] * x.shape[1], flat.size < LARGE
    if tuple(size) == tuple(stride) == (2, 2):
        share_out(_max_tiles, planes, flat, plane, places, width, np.uintp(image[-1]), y.reshape(-1), alone=alone)
    else:
        share_out(_max_windows, planes, flat, plane, places, np.uintp(stride[-1]), width, offsets, y.reshape(-1), alone=alone)
    return y


@at_max.numba
def _(c, x, size, stride, padding):
    if not compilable(c, x):
        return at_max.reference(c, x, size, stride, padding)
    flat, image = _flattened(x, padding, -np.inf)
    places, offsets, out = _plan(tuple(image), tuple(size), tuple(stride))
    y = np.empty((*x.shape[:2], *out), x.dtype)
    share_out(_collect_windows, x.shape[0] * x.shape[1], _flattened(c, padding, 0)[0], flat, np.uintp(math.prod(image)), places,
              offsets, y.reshape(-1), alone=flat.size < LARGE)
    return y


@max_gradient.numba
def _(g, x, size, stride, padding):
    if not compilable(g, x):
        return max_gradient.reference(g, x, size, stride, padding)
    flat, image = _flattened(x, padding, -np.inf)
    places, offsets, out = _plan(tuple(image), tuple(size), tuple(stride))
    (g, _), planes, plane, alone = _flattened(g, (), 0), x.shape[0] * x.shape[1], np.uintp(math.prod(image)), flat.size < LARGE
    if tuple(size) == tuple(stride) == (2, 2):
        result = np.zeros(flat.shape, x.dtype) if any(n % 2 for n in image) else np.empty(flat.shape, x.dtype)
        share_out(_spread_tiles, planes, g, flat, plane, places, np.uintp(out[-1]), np.uintp(image[-1]), result, alone=alone)
    else:
        result = np.zeros(flat.shape, x.dtype)
        share_out(_spread_windows, planes, g, flat, plane, places, offsets, result, alone=alone)
    inside: Any = (..., *(slice(before, before + n) for n, (before, _) in zip(x.shape[2:], padding, strict=True)))
    return result.reshape(*x.shape[:2], *image)[inside]
