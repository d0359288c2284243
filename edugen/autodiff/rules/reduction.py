"""Sums, means, extremes and what is made of them along axes."""
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..tensor import Tensor, composite, constant, primitive, raw, rule

constant(np.argmax, np.argmin, np.argsort, np.any, np.all, np.allclose, np.isclose, np.array_equal, np.array_equiv,
         np.searchsorted, np.unique, np.count_nonzero, np.nonzero, np.argwhere, np.flatnonzero, np.digitize,
         np.argpartition, np.lexsort, np.isin, np.iscomplexobj, np.isrealobj)


def _axes(x, axis):
    """The axes of a reduction as a tuple of non-negative integers."""
    n = np.ndim(x)
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = normalize_axis_tuple(axes, n or 1)                             # NumPy lets a number have an axis 0
    return axes if n else ()


def _count(x, axis):
    if axis is None:
        return x.size if type(x) is np.ndarray else np.size(x)
    return math.prod(np.shape(x)[a] for a in _axes(x, axis))


def _restore(g, x, axis, keepdims):
    """Put back the axes that a reduction removed, with length one."""
    return g if keepdims or axis is None else np.expand_dims(g, _axes(x, axis))


def _spread(g, x, axis, keepdims):
    """Give every number along the reduced axes the cotangent of their reduction."""
    g = _restore(g, x, axis, keepdims)
    if type(g) is Tensor:
        return np.broadcast_to(g, np.shape(x))
    spread = np.empty(np.shape(x), g.dtype)                               # faster than a view of strides zero, here and later
    spread[...] = g
    return spread


@rule(np.sum)
def _(g, y, x, axis=None, keepdims=False):
    return _spread(g, x, axis, keepdims)


@rule(np.mean)
def _(g, y, x, axis=None, keepdims=False):
    return _spread(g / max(_count(x, axis), 1), x, axis, keepdims)


@rule(np.max)
@rule(np.min)
def _(g, y, x, axis=None, keepdims=False):
    chosen = x == _restore(raw(y), x, axis, keepdims)
    share = chosen / np.sum(chosen, axis=axis, keepdims=True, dtype=g.dtype)
    return _restore(g, x, axis, keepdims) * share                         # ties share


@composite(np.amax)
def _(a, axis=None, keepdims=False):
    return np.max(a, axis=axis, keepdims=keepdims)


@composite(np.amin)
def _(a, axis=None, keepdims=False):
    return np.min(a, axis=axis, keepdims=keepdims)


@composite(np.ptp)
def _(a, axis=None, keepdims=False):
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@composite(np.prod)
def _(a, axis=None, keepdims=False):
    y = _prod_last(_axes_last(a, axis))
    return np.expand_dims(y, _axes(a, axis)) if keepdims else y


def _axes_last(x, axis):
    """The axes of a reduction moved to the end and joined into one."""
    axes = _axes(x, axis)
    kept = [i for i in range(np.ndim(x)) if i not in axes]
    return np.reshape(np.transpose(x, [*kept, *axes]), [np.shape(x)[i] for i in kept] + [_count(x, axis)])


@primitive
def _prod_last(x):
    return np.prod(x, axis=-1)


@rule(_prod_last)
def _(g, y, x):
    one = np.ones_like(x[..., :1])                                        # the product of the others: left of it times right
    left = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    right = np.flip(np.cumprod(np.flip(np.concatenate([x[..., 1:], one], axis=-1), -1), axis=-1), -1)
    return g[..., None] * left * right                                    # no division by x, so zeros are right


@rule(np.cumsum)
def _(g, y, x, axis=None):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), np.shape(x))
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


@composite(np.cumprod)
def _(a, axis=None):
    if axis is None:
        return _cumprod_last(np.ravel(a))
    return np.moveaxis(_cumprod_last(np.moveaxis(a, axis, -1)), -1, axis)


@primitive
def _cumprod_last(x):
    return np.cumprod(x, axis=-1)


@rule(_cumprod_last)
def _(g, y, x):
    n = np.shape(x)[-1]
    if n == 0:
        return g
    tail, tails = g[..., -1], []                                          # tail_j = g_j + x_{j+1} tail_{j+1}
    for j in range(n - 1, -1, -1):
        tail = g[..., j] + x[..., j + 1] * tail if j < n - 1 else tail
        tails.append(tail)
    before = np.concatenate([np.ones_like(x[..., :1]), _cumprod_last(x[..., :-1])], axis=-1)
    return before * np.stack(tails[::-1], axis=-1)


@composite(np.var)
def _(a, axis=None, ddof=0, keepdims=False, *, mean=None, correction=0):
    mean = np.mean(a, axis=axis, keepdims=True) if mean is None else mean
    y = np.sum(np.square(a - mean), axis=axis, keepdims=keepdims)
    return y / max(_count(a, axis) - max(ddof, correction), 0)


@composite(np.std)
def _(a, axis=None, ddof=0, keepdims=False, *, mean=None, correction=0):
    mean = np.mean(a, axis=axis, keepdims=True) if mean is None else mean
    y = _root_sum_square(a - mean, axis=axis, keepdims=keepdims)          # constant data: derivative 0, as for a norm
    return y / max(_count(a, axis) - max(ddof, correction), 0) ** 0.5


@composite(np.average)
def _(a, axis=None, weights=None, returned=False, *, keepdims=False):
    if weights is None:
        y = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.full_like(y, _count(a, axis))
    else:
        if np.shape(weights) != np.shape(a):                              # one weight for each place along the axis
            if axis is None or np.ndim(weights) != 1:
                raise TypeError(f"np.average: weights of shape {np.shape(weights)} for an array of shape {np.shape(a)} need one "
                                "axis= along which they stand")
            weights = np.expand_dims(weights, [i for i in range(np.ndim(a)) if i != axis % np.ndim(a)])
        total = np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis, keepdims=keepdims)
        y = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (y, np.broadcast_to(total, np.shape(y))) if returned else y


@composite(np.median)
def _(a, axis=None, keepdims=False):
    s, n = np.sort(_axes_last(a, axis), axis=-1), _count(a, axis)
    y = 0.5 * (s[..., (n - 1) // 2] + s[..., n // 2]) if n else np.mean(s, axis=-1)
    y = np.where(np.any(np.isnan(raw(s)), axis=-1), np.nan, y)
    return np.expand_dims(y, _axes(a, axis)) if keepdims else y


@primitive
def _root_sum_square(x, axis=None, keepdims=False):
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


@rule(_root_sum_square)
def _(g, y, x, axis=None, keepdims=False):
    y, g = _restore(y, x, axis, keepdims), _restore(g, x, axis, keepdims)
    return g * x / np.where(y == 0, 1.0, y)                               # 0 at the zero vector
