r"""Convolution (in truth correlation) in any number of dimensions, and its two gradients.  Cho (3.15)-(3.17).

.. math:: y^o_p = \sum_c \sum_t f^{o c}_t\, x^c_{s p + d t}

with stride s and dilation d. It is linear in x and in f; so its two gradients are maps of the same kind, and the gradients of
those are these three again: the family is closed.

The twin's idea: flatten the image. A step to the right is one place, a step down a row's length, so each tap t is an offset,
and each row of y is a sum of *shifted views* of x, times numbers: a matrix product whose second matrix is never built. Places
beyond a row's end are computed for nothing and dropped; no copy for each tap (im2col) is made. A stride splits the image
into phases (every s-th place, from each start), which are laid side by side, so that it becomes an offset too.
"""
import itertools
import math
from typing import Any

import numpy as np

from .jit import jit, kernel, prange

__all__ = ["correlate", "filter_gradient", "input_gradient", "output_shape"]


def output_shape(image, taps, stride, dilation):
    """Lengths of the result: how many places the dilated filter fits, every stride-th counted."""
    return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(image, taps, stride, dilation, strict=True))


# References: one product for each tap -------------------------------------------------------------------------------------

def _window(x, tap, out, stride, dilation):
    """The entries of x that this tap meets, (N, C, *out)."""
    return x[(..., *(slice(t * d, t * d + s * (n - 1) + 1, s) for t, n, s, d in zip(tap, out, stride, dilation, strict=True)))]


def _grouped(x, groups, axis):
    """Split a channel axis into (groups, channels of a group)."""
    return x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1:])


@kernel
def correlate(x, f, stride, dilation, groups=1):
    """x (N, C, *image), f (O, C / groups, *taps) -> (N, O, *out); tuples of stride and dilation, one number a dimension."""
    out = output_shape(x.shape[2:], f.shape[2:], stride, dilation)
    y = np.zeros((len(x), groups, f.shape[0] // groups, *out), np.result_type(x, f))
    for tap in np.ndindex(f.shape[2:]):
        window, weights = _grouped(_window(x, tap, out, stride, dilation), groups, 1), _grouped(f[(..., *tap)], groups, 0)
        y += np.einsum("ngc...,goc->ngo...", window, weights, optimize=True)
    return y.reshape(len(x), f.shape[0], *out)


@kernel
def input_gradient(g, f, image, stride, dilation, groups=1):
    """g (N, O, *out), f -> gradient of x, (N, C, *image); also the transposed convolution of g."""
    x = np.zeros((len(g), f.shape[1] * groups, *image), np.result_type(g, f))
    for tap in np.ndindex(f.shape[2:]):
        part = np.einsum("ngo...,goc->ngc...", _grouped(g, groups, 1), _grouped(f[(..., *tap)], groups, 0), optimize=True)
        _window(x, tap, g.shape[2:], stride, dilation)[...] += part.reshape(len(g), x.shape[1], *g.shape[2:])
    return x


@kernel
def filter_gradient(x, g, taps, stride, dilation, groups=1):
    """x (N, C, *image), g (N, O, *out) -> gradient of f, (O, C / groups, *taps)."""
    f = np.zeros((g.shape[1], x.shape[1] // groups, *taps), np.result_type(x, g))
    for tap in np.ndindex(*taps):
        window = _grouped(_window(x, tap, g.shape[2:], stride, dilation), groups, 1)
        part = np.einsum("ngc...,ngo...->goc", window, _grouped(g, groups, 1), optimize=True)
        f[(..., *tap)] = part.reshape(f.shape[:2])
    return f


# Twins: sums of shifted views ----------------------------------------------------------------------------------------------

BLOCK = 512                     # numbers of a row that are worked on at once: four rows and four views fit the first cache


@jit(parallel=True, fastmath={"contract"})                                # fused multiply-add
def _add_shifted(x, starts, weights, y, groups):
    """y[n, o, p] = sum over k of weights[o, k] x[n, starts[group of o, k] + p].

    Four rows of y take four shifted views at a time: 16 multiply-adds for 8 loads and 4 stores. The inner loop is contiguous.
    """
    rows, views, length = weights.shape[0] // groups, weights.shape[1], y.shape[2]
    for n in prange(y.shape[0]):
        for low in range(0, length, BLOCK):
            high = min(low + BLOCK, length)
            for o in range(0, weights.shape[0], 4):
                y0, y1, y2, y3 = y[n, o, low:high], y[n, o + 1, low:high], y[n, o + 2, low:high], y[n, o + 3, low:high]
                for p in range(y0.size):
                    y0[p] = y1[p] = y2[p] = y3[p] = 0
                where = starts[o // rows]
                for k in range(0, views, 4):
                    a0, a1, a2, a3 = weights[o, k], weights[o, k + 1], weights[o, k + 2], weights[o, k + 3]
                    b0, b1, b2, b3 = weights[o + 1, k], weights[o + 1, k + 1], weights[o + 1, k + 2], weights[o + 1, k + 3]
                    c0, c1, c2, c3 = weights[o + 2, k], weights[o + 2, k + 1], weights[o + 2, k + 2], weights[o + 2, k + 3]
                    d0, d1, d2, d3 = weights[o + 3, k], weights[o + 3, k + 1], weights[o + 3, k + 2], weights[o + 3, k + 3]
                    s0, s1, s2, s3 = where[k] + low, where[k + 1] + low, where[k + 2] + low, where[k + 3] + low
                    x0, x1 = x[n, s0:s0 + y0.size], x[n, s1:s1 + y0.size]
                    x2, x3 = x[n, s2:s2 + y0.size], x[n, s3:s3 + y0.size]
                    for p in range(y0.size):
                        u0, u1, u2, u3 = x0[p], x1[p], x2[p], x3[p]
                        y0[p] += a0 * u0 + a1 * u1 + a2 * u2 + a3 * u3
                        y1[p] += b0 * u0 + b1 * u1 + b2 * u2 + b3 * u3
                        y2[p] += c0 * u0 + c1 * u1 + c2 * u2 + c3 * u3
                        y3[p] += d0 * u0 + d1 * u1 + d2 * u2 + d3 * u3


@jit(fastmath={"reassoc", "contract"})                                    # a sum of finite products, in any order
def _sixteen_dots(g0, g1, g2, g3, x0, x1, x2, x3, out, o, k):
    """out[o:o + 4, k:k + 4] += the inner products of four rows with four rows."""
    zero = out.dtype.type(0)
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = zero
    for p in range(g0.size):
        u0, u1, u2, u3 = x0[p], x1[p], x2[p], x3[p]
        a0, a1, a2, a3 = a0 + g0[p] * u0, a1 + g0[p] * u1, a2 + g0[p] * u2, a3 + g0[p] * u3
        b0, b1, b2, b3 = b0 + g1[p] * u0, b1 + g1[p] * u1, b2 + g1[p] * u2, b3 + g1[p] * u3
        c0, c1, c2, c3 = c0 + g2[p] * u0, c1 + g2[p] * u1, c2 + g2[p] * u2, c3 + g2[p] * u3
        d0, d1, d2, d3 = d0 + g3[p] * u0, d1 + g3[p] * u1, d2 + g3[p] * u2, d3 + g3[p] * u3
    for i, row in enumerate(((a0, a1, a2, a3), (b0, b1, b2, b3), (c0, c1, c2, c3), (d0, d1, d2, d3))):
        for j in range(4):
            out[o + i, k + j] += row[j]


@jit(parallel=True)
def _dot_shifted(x, starts, g, out, groups):
    """out[o, k] = sum over n and p of g[n, o, p] x[n, starts[group of o, k] + p]: the gradient of `weights` above.

    Each thread has views of its own, and so entries of `out` of its own: the order of the sums doesn't depend on their number.
    """
    rows, length = g.shape[1] // groups, g.shape[2]
    for quarter in prange(starts.shape[1] // 4):
        k = 4 * quarter
        for n in range(g.shape[0]):
            for o in range(0, g.shape[1], 4):
                s = starts[o // rows]
                s0, s1, s2, s3 = s[k], s[k + 1], s[k + 2], s[k + 3]
                _sixteen_dots(g[n, o], g[n, o + 1], g[n, o + 2], g[n, o + 3], x[n, s0:s0 + length], x[n, s1:s1 + length],
                              x[n, s2:s2 + length], x[n, s3:s3 + length], out, o, k)


def _four(n):
    return -n % 4                                                         # how many are missing to a multiple of four


def _corner(shape) -> Any:
    """Index of the first entries of the last axes."""
    return (..., *map(slice, shape))


class _Plan:
    """Where everything lies: the phases of an image of `image`, flat, and the offset and phase of each tap."""

    def __init__(self, image, taps, stride, dilation):
        self.image, self.taps, self.stride = image, taps, stride
        self.out = output_shape(image, taps, stride, dilation)
        self.grid = tuple(-(-n // s) for n, s in zip(image, stride, strict=True))        # a phase, its last place perhaps empty
        self.size = math.prod(self.grid)
        step = [math.prod(self.grid[i + 1:]) for i in range(len(image))]
        self.length = sum((n - 1) * s for n, s in zip(self.out, step, strict=True)) + 1  # up to the last place that is wanted
        self.phases = list(itertools.product(*map(range, stride)))
        places = [[t * d for t, d in zip(tap, dilation, strict=True)] for tap in np.ndindex(*taps)]
        self.offset = np.array([sum(q // s * w for q, s, w in zip(place, stride, step, strict=True)) for place in places])
        self.phase = np.array([self.phases.index(tuple(q % s for q, s in zip(place, stride, strict=True))) for place in places])

    def flat(self, x):
        """x (N, C, *image) as (N, C, phases * size)."""
        if all(s == 1 for s in self.stride):
            return np.ascontiguousarray(x).reshape(*x.shape[:2], self.size)
        flat = np.zeros((*x.shape[:2], len(self.phases), *self.grid), x.dtype)
        for i, phase in enumerate(self.phases):
            part = x[self._phase(phase)]
            flat[:, :, i][_corner(part.shape[2:])] = part
        return flat.reshape(*x.shape[:2], -1)

    def unflat(self, flat):
        """The inverse: (N, C, phases * size) -> (N, C, *image)."""
        flat = flat.reshape(*flat.shape[:2], len(self.phases), *self.grid)
        if len(self.phases) == 1:
            return flat[:, :, 0]
        x = np.empty((*flat.shape[:2], *self.image), flat.dtype)
        for i, phase in enumerate(self.phases):
            place = x[self._phase(phase)]
            place[...] = flat[:, :, i][_corner(place.shape[2:])]
        return x

    def _phase(self, start) -> Any:
        return (..., *(slice(r, None, s) for r, s in zip(start, self.stride, strict=True)))

    def spread(self, g, front=0, total=None):
        """g (N, O, *out) at its places in a phase, zero between them, after `front` zeros: (N, O, total)."""
        flat = np.zeros((*g.shape[:2], front + self.size), g.dtype)
        view = flat[..., front:].reshape(*g.shape[:2], *self.grid)
        view[_corner(self.out)] = g
        return flat if total is None else np.ascontiguousarray(flat[..., :total])

    def crop(self, y):
        """(N, O, length) -> (N, O, *out)."""
        full = np.empty((*y.shape[:2], self.size), y.dtype)
        full[..., :self.length] = y
        return np.ascontiguousarray(full.reshape(*y.shape[:2], *self.grid)[_corner(self.out)])


def _starts(groups, channels, width, offsets):
    """Start of each view (channel, tap) for each group of rows, and how many to add to make fours; those have weight zero."""
    views = (np.arange(channels)[:, None] * width + offsets).ravel()
    views = np.concatenate([views, np.zeros(_four(len(views)), int)])
    return (np.arange(groups)[:, None] * channels * width + views).astype(np.int64)


def _weights(f, groups):
    """f (rows, channels, taps) as a matrix (rows, views), both filled up with zeros to fours within each group."""
    rows = f.shape[0] // groups
    f = f.reshape(groups, rows, -1)
    f = np.pad(f, ((0, 0), (0, _four(rows)), (0, _four(f.shape[2]))))
    return f.reshape(groups * f.shape[1], f.shape[2])


def _unpadded(y, rows, groups, axis):
    """Drop the rows that filled up fours."""
    padded = rows // groups + _four(rows // groups)
    if padded * groups == rows:
        return y
    y = y.reshape(*y.shape[:axis], groups, padded, *y.shape[axis + 1:])
    y = y[(slice(None),) * (axis + 1) + (slice(rows // groups),)]
    return y.reshape(*y.shape[:axis], rows, *y.shape[axis + 2:])


def _compiled(*arrays):
    return arrays[0].dtype == arrays[1].dtype and arrays[0].dtype in (np.float32, np.float64) and all(a.size for a in arrays)


@correlate.numba
def _(x, f, stride, dilation, groups=1):
    if not _compiled(x, f):
        return correlate.reference(x, f, stride, dilation, groups)
    plan = _Plan(x.shape[2:], f.shape[2:], stride, dilation)
    flat = plan.flat(x)
    offsets = plan.phase * plan.size + plan.offset
    weights = _weights(f.reshape(*f.shape[:2], -1), groups)
    y = np.empty((len(x), weights.shape[0], plan.length), x.dtype)
    _add_shifted(flat.reshape(len(x), -1), _starts(groups, f.shape[1], flat.shape[2], offsets), weights, y, groups)
    return plan.crop(_unpadded(y, f.shape[0], groups, 1))


@input_gradient.numba
def _(g, f, image, stride, dilation, groups=1):
    if not _compiled(g, f):
        return input_gradient.reference(g, f, image, stride, dilation, groups)
    plan, channels = _Plan(image, f.shape[2:], stride, dilation), f.shape[1] * groups
    front = int(plan.offset.max())
    flat = plan.spread(g, front)
    swapped = np.swapaxes(_grouped(f.reshape(*f.shape[:2], -1), groups, 0), 1, 2).reshape(channels, f.shape[0] // groups, -1)
    x = np.zeros((len(g), channels, len(plan.phases), plan.size), g.dtype)
    for i in range(len(plan.phases)):
        mine = plan.phase == i
        if mine.any():                                                    # x_q collects from y_{q - offset}
            weights = _weights(np.ascontiguousarray(swapped[:, :, mine]), groups)
            part = np.empty((len(g), weights.shape[0], plan.size), g.dtype)
            _add_shifted(flat.reshape(len(g), -1), _starts(groups, swapped.shape[1], flat.shape[2], front - plan.offset[mine]),
                         weights, part, groups)
            x[:, :, i] = _unpadded(part, channels, groups, 1)
    return plan.unflat(x.reshape(len(g), channels, -1))


@filter_gradient.numba
def _(x, g, taps, stride, dilation, groups=1):
    if not _compiled(x, g):
        return filter_gradient.reference(x, g, taps, stride, dilation, groups)
    plan, rows, channels = _Plan(x.shape[2:], taps, stride, dilation), g.shape[1], x.shape[1] // groups
    flat = plan.flat(x)
    spread = _grouped(plan.spread(g, total=plan.length), groups, 1)
    spread = np.pad(spread, ((0, 0), (0, 0), (0, _four(rows // groups)), (0, 0))).reshape(len(g), -1, plan.length)
    starts = _starts(groups, channels, flat.shape[2], plan.phase * plan.size + plan.offset)
    out = np.zeros((spread.shape[1], starts.shape[1]), x.dtype)
    _dot_shifted(flat.reshape(len(x), -1), starts, spread, out, groups)
    return _unpadded(out[:, :channels * math.prod(taps)], rows, groups, 0).reshape(rows, channels, *taps)
