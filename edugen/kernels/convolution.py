r"""Convolution (in truth correlation) in any number of dimensions, and its two gradients.  Cho (3.15)-(3.17).

.. math:: y^o_p = \sum_c \sum_t f^{o c}_t\, x^c_{s p + d t}

with stride s and dilation d; outside the image, in a border of `padding` places, x is zero. It is linear in x and in f; so its
two gradients are maps of the same kind, and the gradients of those are these three again: the family is closed.

The twin's idea: flatten the image. A step to the right is one place, a step down a row's length, so each tap t is an offset,
and each row of y is a sum of *shifted views* of x, times numbers: a matrix product whose second matrix is never built. Places
beyond a row's end are computed for nothing and dropped. A stride splits the image into phases (every s-th place, from each
start), which are laid one after the other, so that it becomes an offset too. The gradient of x is the same sum, of views of g.
"""
import functools
import math
from typing import Any

import numpy as np

from .arguments import fitting
from .jit import jit, kernel
from .threads import share_out
from .vector import clear, fill, lanes, load, move, multiply_add, store, total, zeros

__all__ = ["correlate", "filter_gradient", "input_gradient", "output_shape"]


def output_shape(image, taps, stride, dilation, padding=None):
    """Lengths of the result: how many places the dilated filter fits, every stride-th counted."""
    return tuple((n + sum(border) - d * (k - 1) - 1) // s + 1 for n, border, k, s, d in
                 zip(image, padding or [(0, 0)] * len(image), taps, stride, dilation, strict=True))


@functools.lru_cache(maxsize=128)                                         # a network asks for the same ones in every step
def _result(x, f, stride, dilation, groups, padding):
    """Shape of the result for an x and an f of these shapes, which must fit together."""
    d, borders = len(x) - 2, padding or ((0, 0),) * (len(x) - 2)
    if (d < 1 or d != len(f) - 2 or not d == len(stride) == len(dilation) == len(borders) or min(map(min, borders)) < 0
            or min(groups, *stride, *dilation, *f[2:]) < 1 or f[0] % groups or x[1] != f[1] * groups):
        raise ValueError("convolution: expected x (N, C, *image), f (O, C / groups, *taps), and for each dimension of the image "
                         f"a stride and a dilation of at least 1 and a pair of padding of at least 0, got x {x}, f {f}, stride "
                         f"{stride}, dilation {dilation}, groups {groups} and padding {padding}")
    out = output_shape(x[2:], f[2:], stride, dilation, padding)
    if min(out) < 1:
        raise ValueError(f"convolution: filters of {f[2:]} taps, dilation {dilation}, are longer than the image {x[2:]} with its "
                         f"padding {borders}")
    return (x[0], f[0], *out)


def _fits(x, f, stride, dilation, groups=1, padding=None, bias=None, relu=False):
    _images(x, f)
    _result(x.shape, f.shape, stride, dilation, groups, padding)
    if bias is not None and bias.shape != f.shape[:1]:
        raise ValueError(f"correlate: bias must be of shape {f.shape[:1]}, a number for each filter, got {bias.shape}")


def _input_gradient_fits(g, f, image, stride, dilation, groups=1, padding=None):
    _gradient_and_filters(g, f)
    if _result((len(g), f.shape[1] * groups, *image), f.shape, stride, dilation, groups, padding) != g.shape:
        raise ValueError(f"input_gradient: g of shape {g.shape} is no result for an image {image}, filters {f.shape}, stride "
                         f"{stride}, dilation {dilation} and padding {padding}")


def _filter_gradient_fits(x, g, taps, stride, dilation, groups=1, padding=None):
    _images_and_gradient(x, g)
    if _result(x.shape, (g.shape[1], x.shape[1] // max(groups, 1), *taps), stride, dilation, groups, padding) != g.shape:
        raise ValueError(f"filter_gradient: g of shape {g.shape} is no result for x {x.shape}, taps {taps}, stride {stride}, "
                         f"dilation {dilation} and padding {padding}")


_images = fitting("correlate", "x (N, C, *image), f (O, c, *taps)")
_gradient_and_filters = fitting("input_gradient", "g (N, O, *out), f (O, c, *taps)")
_images_and_gradient = fitting("filter_gradient", "x (N, C, *image), g (N, O, *out)")


# References: one product for each tap -------------------------------------------------------------------------------------

def _window(x, tap, out, stride, dilation):
    """The entries of x that this tap meets, (N, C, *out)."""
    return x[(..., *(slice(t * d, t * d + s * (n - 1) + 1, s) for t, n, s, d in zip(tap, out, stride, dilation, strict=True)))]


def _grouped(x, groups, axis):
    """Split a channel axis into (groups, channels of a group)."""
    return x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1:])


def _padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), *padding)) if padding else x


@kernel(check=_fits)
def correlate(x, f, stride, dilation, groups=1, padding=None, bias=None, relu=False):
    """x (N, C, *image), f (O, C / groups, *taps) -> (N, O, *out); one stride, one dilation, one pair of padding a dimension.

    With a bias (O,) for each of its channels, and with what is below 0 cut off.
    """
    out, x = output_shape(x.shape[2:], f.shape[2:], stride, dilation, padding), _padded(x, padding)
    y = np.zeros((len(x), groups, f.shape[0] // groups, *out), np.result_type(x, f))
    for tap in np.ndindex(f.shape[2:]):
        window, weights = _grouped(_window(x, tap, out, stride, dilation), groups, 1), _grouped(f[(..., *tap)], groups, 0)
        y += np.einsum("ngc...,goc->ngo...", window, weights, optimize=True)
    y = y.reshape(len(x), f.shape[0], *out)
    if bias is not None:
        y += bias.reshape(-1, *[1] * len(out))
    return np.maximum(y, 0) if relu else y


@kernel(check=_input_gradient_fits)
def input_gradient(g, f, image, stride, dilation, groups=1, padding=None):
    """g (N, O, *out), f -> gradient of x, (N, C, *image); also the transposed convolution of g."""
    borders = padding or [(0, 0)] * len(image)
    x = np.zeros((len(g), f.shape[1] * groups, *(n + sum(b) for n, b in zip(image, borders, strict=True))), np.result_type(g, f))
    for tap in np.ndindex(f.shape[2:]):
        part = np.einsum("ngo...,goc->ngc...", _grouped(g, groups, 1), _grouped(f[(..., *tap)], groups, 0), optimize=True)
        _window(x, tap, g.shape[2:], stride, dilation)[...] += part.reshape(len(g), x.shape[1], *g.shape[2:])
    inside: Any = (..., *(slice(before, before + n) for n, (before, _) in zip(image, borders, strict=True)))
    return x[inside]


@kernel(check=_filter_gradient_fits)
def filter_gradient(x, g, taps, stride, dilation, groups=1, padding=None):
    """x (N, C, *image), g (N, O, *out) -> gradient of f, (O, C / groups, *taps)."""
    x, f = _padded(x, padding), np.zeros((g.shape[1], x.shape[1] // groups, *taps), np.result_type(x, g))
    for tap in np.ndindex(*taps):
        window = _grouped(_window(x, tap, g.shape[2:], stride, dilation), groups, 1)
        part = np.einsum("ngc...,ngo...->goc", window, _grouped(g, groups, 1), optimize=True)
        f[(..., *tap)] = part.reshape(f.shape[:2])
    return f


# Twins: sums of shifted views ----------------------------------------------------------------------------------------------

SHARES = 8               # of the images, whose sums of filters' gradients are added in order, whichever thread made them
SHORT = 2**20            # multiply-adds that one thread has done before another would be awake
ROWS, VECTORS = 4, 3     # of a tile: 12 totals, 3 vectors of x and a weight are the 16 registers of a processor with AVX2
LONG = 1024              # places whose rows, four of g and three of x, fit the first cache
SPARE = 48               # places behind a row of a buffer, for the last tile may reach over its end


@jit
def _copy(source, at, source_step, target, to, target_step, c, count):
    """target[c, to + target_step j] = source[c, at + source_step j] for j < count."""
    if source_step == 1 and target_step == 1:
        move(source, c * source.shape[1] + at, target, c * target.shape[1] + to, count)
    else:
        for j in range(count):
            target[c, to + target_step * j] = source[c, at + source_step * j]


@jit
def _gather(x, runs, step, flat, shift):
    """flat[c, shift + to + j] = x[c, start + step j] for j < count, for each run (start, to, count)."""
    for c in range(x.shape[0]):
        for r in range(runs.shape[0]):
            _copy(x, runs[r, 0], step, flat, runs[r, 1] + shift, 1, c, runs[r, 2])


@jit
def _scatter(flat, runs, step, x):
    """x[c, start + step j] = flat[c, to + j], the way back."""
    for c in range(x.shape[0]):
        for r in range(runs.shape[0]):
            _copy(flat, runs[r, 1], 1, x, runs[r, 0], step, c, runs[r, 2])


@jit
def _tile(x, base, starts, w, i, y, at, width):
    """y[at + r width:] = sum over k of w[i + 4 k + r] x[base + starts[k]:], for four rows r and three vectors of places.

    The totals stay in registers from the first view to the last; a loaded vector meets four weights, a weight three vectors.
    """
    n = lanes(x)
    a0 = a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = d0 = d1 = d2 = zeros(x)
    for k in range(starts.size):
        j = base + starts[k]
        x0, x1, x2 = load(x, j), load(x, j + n), load(x, j + 2 * n)
        a, b, c, d = fill(w, i), fill(w, i + 1), fill(w, i + 2), fill(w, i + 3)
        a0, a1, a2 = multiply_add(a, x0, a0), multiply_add(a, x1, a1), multiply_add(a, x2, a2)
        b0, b1, b2 = multiply_add(b, x0, b0), multiply_add(b, x1, b1), multiply_add(b, x2, b2)
        c0, c1, c2 = multiply_add(c, x0, c0), multiply_add(c, x1, c1), multiply_add(c, x2, c2)
        d0, d1, d2 = multiply_add(d, x0, d0), multiply_add(d, x1, d1), multiply_add(d, x2, d2)
        i += ROWS
    for v0, v1, v2 in ((a0, a1, a2), (b0, b1, b2), (c0, c1, c2), (d0, d1, d2)):
        store(v0, y, at)
        store(v1, y, at + n)
        store(v2, y, at + 2 * n)
        at += width


@jit
def _finish(result, low, high, length, bias, first, relu):
    """Add the biases, and cut off what is below 0, while the sums are still near."""
    zero = result.dtype.type(0)
    for r in range(low, high):
        b = bias[first + r] if bias.size else zero
        for p in range(length):
            v = result[r, p] + b
            result[r, p] = zero if relu and v < zero else v


@jit
def _sum_views(low, high, x, runs, step, width, starts, weights, y, y_runs, y_step, length, rows, parts, bias, relu):
    """y[n, o, p] = sum over k of weights[o, k] x[n, starts[k] + p], where x and y lie as their runs say; then a bias and a relu.

    A unit of work is an image (few images: a part of its rows of y). It is copied to a buffer in which the padding is already.
    Strips of places are the outer loop, rows the inner: what a strip needs of x stays in the first cache, all weights in the
    second.
    """
    groups, blocks, views = weights.shape[0], weights.shape[1], weights.shape[2]
    strip, channels, stretch = VECTORS * lanes(x), x.shape[1] // groups, length + SPARE
    flat, result = np.zeros((x.shape[1], width), x.dtype), np.empty((blocks * ROWS, stretch), x.dtype)
    for unit in range(low, high):
        n, part = unit // parts, unit % parts
        first, last = part * blocks // parts, (part + 1) * blocks // parts
        top, end = first * ROWS, min(last * ROWS, rows)
        _gather(x[n], runs, step, flat, 0)
        for group in range(groups):
            for p in range(0, length, strip):
                for block in range(first, last):
                    _tile(flat, group * channels * width + p, starts, weights, (group * blocks + block) * views * ROWS,
                          result, block * ROWS * stretch + p, stretch)
            if bias.size or relu:
                _finish(result, top, end, length, bias, group * rows, relu)
            _scatter(result[top:end], y_runs, y_step, y[n, group * rows + top:group * rows + end])


@jit
def _products(x, j0, j1, j2, g, i, width, length, sums, at, columns):
    """sums[at + r columns + k] += the product of row r of g and view k of x, four by three; a total is a vector until the end."""
    n = lanes(x)
    a0 = a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = d0 = d1 = d2 = zeros(x)
    for p in range(0, length, n):
        x0, x1, x2 = load(x, j0 + p), load(x, j1 + p), load(x, j2 + p)
        a, b, c, d = load(g, i + p), load(g, i + width + p), load(g, i + 2 * width + p), load(g, i + 3 * width + p)
        a0, a1, a2 = multiply_add(a, x0, a0), multiply_add(a, x1, a1), multiply_add(a, x2, a2)
        b0, b1, b2 = multiply_add(b, x0, b0), multiply_add(b, x1, b1), multiply_add(b, x2, b2)
        c0, c1, c2 = multiply_add(c, x0, c0), multiply_add(c, x1, c1), multiply_add(c, x2, c2)
        d0, d1, d2 = multiply_add(d, x0, d0), multiply_add(d, x1, d1), multiply_add(d, x2, d2)
    for v0, v1, v2 in ((a0, a1, a2), (b0, b1, b2), (c0, c1, c2), (d0, d1, d2)):
        sums[at] += total(v0)
        sums[at + 1] += total(v1)
        sums[at + 2] += total(v2)
        at += columns


@jit
def _dot_views(low, high, x, runs, step, size, width, starts, g, g_runs, length, out, parts, together):
    """out[o, k] = sum over n and p of g[n, o, p] x[n, starts[k] + p]: the gradient of `weights` above.

    A share has some of the images and some rows of `out`; where shares have the same rows, each has a copy of its own, and the
    copies are added up at last, in order. Small images stand side by side in the buffers, so that the inner loop is long; a
    long one is cut, so that its seven rows fit the first cache.
    """
    copies, groups, blocks, columns = out.shape[0], out.shape[1], out.shape[2] // ROWS, out.shape[3]
    rows, channels, stretch = g.shape[1] // groups, x.shape[1] // groups, together * size + SPARE
    flat, spread = np.zeros((x.shape[1], width), x.dtype), np.zeros((groups * blocks * ROWS, stretch), x.dtype)
    sums = out.reshape(-1)
    for share in range(low, high):
        copy, part = share // parts, share % parts
        first, last, stop = part * blocks // parts, (part + 1) * blocks // parts, (copy + 1) * x.shape[0] // copies
        for n in range(copy * x.shape[0] // copies, stop, together):
            several = min(together, stop - n)
            if several < together:
                clear(spread)                                             # of the images before
            for m in range(several):
                _gather(x[n + m], runs, step, flat, m * size)
                for group in range(groups):
                    begin, end = group * rows + first * ROWS, group * rows + min(last * ROWS, rows)
                    top = (group * blocks + first) * ROWS
                    _gather(g[n + m, begin:end], g_runs, 1, spread[top:top + end - begin], m * size)
            for p in range(0, (several - 1) * size + length, LONG):
                count = min(LONG, (several - 1) * size + length - p)
                for group in range(groups):
                    j = group * channels * width + p
                    for block in range(group * blocks + first, group * blocks + last):
                        for k in range(0, columns, VECTORS):
                            _products(flat, j + starts[k], j + starts[k + 1], j + starts[k + 2],
                                      spread, block * ROWS * stretch + p, stretch, count,
                                      sums, (copy * groups * blocks + block) * ROWS * columns + k, columns)


class _Layout:
    """Where everything lies: the runs of an image's phases and of its result, and the offset and the phase of each tap."""

    def __init__(self, image, taps, stride, dilation, padding):
        borders = padding or [(0, 0)] * len(image)
        stride = [min(s, n + sum(b)) for s, n, b in zip(stride, image, borders, strict=True)]   # a longer step ends outside, too
        before, s = np.array([b for b, _ in borders]), np.array(stride)
        grid = [-(-(n + sum(b)) // k) for n, b, k in zip(image, borders, stride, strict=True)]             # of a phase
        place, kind = (np.array([math.prod(lengths[i + 1:]) for i in range(len(image))]) for lengths in (grid, stride))
        self.place = place                                                # how far apart neighbors are, along each axis
        self.size, self.phases, self.step = math.prod(grid), math.prod(stride), stride[-1]

        reach = _indices(taps) * dilation
        self.offset, self.phase = reach // s @ place, reach % s @ kind

        self.out = output_shape(image, taps, stride, dilation, padding)
        to = _indices((*self.out[:-1], 1)) @ place
        self.result = _runs(np.arange(len(to)) * self.out[-1], to, self.out[-1], 1)
        self.length = _end(self.result)                                   # up to the last place that is wanted

        rows = _indices((*image[:-1], 1))
        self.image: list = [np.zeros((0, 3), np.int64)] * self.phases
        for first in range(min(stride[-1], image[-1])):                   # each row of the image has entries of so many phases
            at = rows + before + first * (np.arange(len(image)) == len(image) - 1)
            start, to, phase = np.arange(len(rows)) * image[-1] + first, at // s @ place, at % s @ kind
            for i in np.unique(phase):
                mine = phase == i
                self.image[i] = _runs(start[mine], to[mine], -(-(image[-1] - first) // self.step), self.step)

    def phase_after_phase(self, size):
        """The runs of all phases, `size` places for each, and the offset of each tap."""
        return np.concatenate([runs + [0, i * size, 0] for i, runs in enumerate(self.image)]), self.phase * size + self.offset


_layout = functools.lru_cache(maxsize=128)(_Layout)                       # a network asks for the same ones in every step


def _indices(shape):
    """All indices of an array of this shape, one a row."""
    return np.indices(shape).reshape(len(shape), -1).T


def _runs(start, to, count, step):
    """A table of (start, to, count); runs that follow each other on both sides are one."""
    joined = (np.diff(start) == count) & (np.diff(to) == count) & (step == 1)
    first = np.flatnonzero(np.concatenate([[True], ~joined]))
    return np.stack([start[first], to[first], count * np.diff(first, append=len(start))], axis=1)


def _end(runs):
    return int((runs[:, 1] + runs[:, 2]).max(initial=0))


def _width(n):
    """At least n + SPARE, and an odd number of cache lines: else rows would compete for the same places in the cache."""
    return (-(-(n + SPARE) // 16) // 2 * 2 + 1) * 16


def _blocks(f, groups):
    """f (rows, channels, taps) as (groups, blocks, views, ROWS), with rows of zeros to fill the last block."""
    rows, views = f.shape[0] // groups, f.shape[1] * f.shape[2]
    blocks = -(-rows // ROWS)
    packed = np.zeros((groups, blocks * ROWS, views), f.dtype)
    packed[:, :rows] = f.reshape(groups, rows, views)
    return np.ascontiguousarray(packed.reshape(groups, blocks, ROWS, views).swapaxes(2, 3))


def _views(channels, width, offset):
    """Start of the view of each channel at each offset."""
    return (np.arange(channels)[:, None] * width + offset).ravel()


def _flat(x):
    """(N, C, places), contiguous and, so that no second version need be compiled, writable."""
    return np.require(x, requirements=["C", "A", "W"]).reshape(*x.shape[:2], -1)


def _common(a, b):
    """Both arrays in one precision, and whether it and their sizes are something for the twins."""
    dtype = np.result_type(a, b)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False), dtype in (np.float32, np.float64) and a.size and b.size


@correlate.numba
def _(x, f, stride, dilation, groups=1, padding=None, bias=None, relu=False):
    x, f, compiled = _common(x, f)
    if not compiled:
        return correlate.reference(x, f, stride, dilation, groups, padding, bias, relu)
    lay = _layout(x.shape[2:], f.shape[2:], stride, dilation, padding)
    (runs, offsets), width = lay.phase_after_phase(lay.size), _width(lay.phases * lay.size)
    y, parts = np.empty((len(x), len(f), math.prod(lay.out)), x.dtype), max(1, SHARES // len(x))
    bias = np.zeros(0, x.dtype) if bias is None else np.require(bias, x.dtype, ["C", "W"])
    share_out(_sum_views, len(x) * parts, _flat(x), runs, lay.step, width, _views(f.shape[1], width, offsets),
              _blocks(f.reshape(*f.shape[:2], -1), groups), y, lay.result, 1, lay.length, len(f) // groups, parts, bias, relu,
              alone=y.size * f[0].size < SHORT)
    return y.reshape(len(x), len(f), *lay.out)


@input_gradient.numba
def _(g, f, image, stride, dilation, groups=1, padding=None):
    g, f, compiled = _common(g, f)
    if not compiled or not np.isfinite(f).all():                          # the zeros between the rows of g meet all numbers of f
        return input_gradient.reference(g, f, image, stride, dilation, groups, padding)
    lay, channels = _layout(image, f.shape[2:], stride, dilation, padding), f.shape[1] * groups
    front = int(lay.offset.max())                                         # x_q collects from y_{q - offset}
    width, x, parts = _width(front + lay.size), np.empty((len(g), channels, math.prod(image)), g.dtype), max(1, SHARES // len(g))
    swapped = np.swapaxes(_grouped(f.reshape(*f.shape[:2], -1), groups, 0), 1, 2).reshape(channels, len(f) // groups, -1)
    for i, runs in enumerate(lay.image):
        mine = lay.phase == i
        share_out(_sum_views, len(g) * parts, _flat(g), lay.result + [0, front, 0], 1, width,
                  _views(len(f) // groups, width, front - lay.offset[mine]), _blocks(swapped[:, :, mine], groups), x, runs,
                  lay.step, _end(runs), f.shape[1], parts, np.zeros(0, g.dtype), False, alone=g.size * f[0].size < SHORT)
    return x.reshape(len(g), channels, *image)


@filter_gradient.numba
def _(x, g, taps, stride, dilation, groups=1, padding=None):
    x, g, compiled = _common(x, g)
    if not compiled:
        return filter_gradient.reference(x, g, taps, stride, dilation, groups, padding)
    lay, rows, channels = _layout(x.shape[2:], taps, stride, dilation, padding), g.shape[1] // groups, x.shape[1] // groups
    together = max(1, LONG // lay.size)
    (runs, offsets), width = lay.phase_after_phase(together * lay.size), _width(lay.phases * together * lay.size)
    starts = _views(channels, width, offsets)
    starts = np.concatenate([starts, np.zeros(-len(starts) % VECTORS, np.int64)])
    copies = max(1, min(SHARES, len(x), 2**20 // (g.shape[1] * len(starts))))              # large filters: copies would be too
    out = np.zeros((copies, groups, -(-rows // ROWS) * ROWS, len(starts)), x.dtype)
    parts = SHARES // copies
    share_out(_dot_views, copies * parts, _flat(x), runs, lay.step, lay.size, width, starts, _flat(g), lay.result, lay.length,
              out, parts, together, alone=g.size * len(starts) < SHORT)
    f = out.sum(0)[:, :rows, :channels * math.prod(taps)].reshape(g.shape[1], channels, *taps)
    if not np.isfinite(f).all():                                          # the zeros between the rows of g meet all numbers of x
        return filter_gradient.reference(x, g, taps, stride, dilation, groups, padding)
    return f
