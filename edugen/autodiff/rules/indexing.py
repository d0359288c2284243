"""Choosing numbers: where, take, sort, diagonals and triangles.  (t[index] itself stands in operators.py.)"""
import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..tensor import composite, constant, raw, rule

constant(np.tril_indices_from, np.triu_indices_from, np.diag_indices_from)


@rule(np.where, 1)
def _(g, y, condition, a, b):
    return np.where(condition, g, 0)


@rule(np.where, 2)
def _(g, y, condition, a, b):
    return np.where(condition, 0, g)


@composite(np.take)
def _(a, indices, axis=None, mode="raise"):
    if mode != "raise":
        raise TypeError(f"np.take: mode {mode!r} is not differentiated; bring the indices into range first")
    if axis is None:
        a, axis = np.ravel(a), 0
    return a[(slice(None),) * normalize_axis_index(axis, np.ndim(a)) + (raw(indices),)]


@composite(np.take_along_axis)
def _(arr, indices, axis=-1):
    if axis is None:
        arr, axis = np.ravel(arr), 0
    n = np.ndim(arr)
    axis = normalize_axis_index(axis, n)
    index = [np.arange(d).reshape([-1 if j == i else 1 for j in range(n)]) for i, d in enumerate(np.shape(arr))]
    index[axis] = indices
    return arr[tuple(index)]


@composite(np.sort)
def _(a, axis=-1, kind=None, *, stable=None):
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, np.argsort(raw(a), axis=axis, kind=kind or ("stable" if stable else None)), axis)


@rule(np.tril)
def _(g, y, x, k=0):
    return np.tril(g, k)


@rule(np.triu)
def _(g, y, x, k=0):
    return np.triu(g, k)


@composite(np.diagonal)
def _(a, offset=0, axis1=0, axis2=1):
    a = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(a)[-2:]
    i = np.arange(max(min(rows + min(offset, 0), columns - max(offset, 0)), 0))
    return a[..., i - min(offset, 0), i + max(offset, 0)]


@composite(np.linalg.diagonal)                                            # of a batch: the last two axes
def _(x, *, offset=0):
    return np.diagonal(x, offset, -2, -1)


@composite(np.trace)
def _(a, offset=0, axis1=0, axis2=1):
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


@composite(np.linalg.trace)
def _(x, *, offset=0):
    return np.trace(x, offset, -2, -1)


@composite(np.diag)
def _(v, k=0):
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    n = np.shape(v)[0] + abs(k)
    return np.where(np.eye(n, k=k, dtype=bool), np.expand_dims(np.pad(v, (max(k, 0), max(-k, 0))), 0), 0)


@composite(np.diff)
def _(a, n=1, axis=-1):
    axis = normalize_axis_index(axis, np.ndim(a))
    for _ in range(n):
        before = (slice(None),) * axis
        a = a[before + (slice(1, None),)] - a[before + (slice(None, -1),)]
    return a
