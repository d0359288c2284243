"""Functions that move numbers without changing them.  Their transposes move them back."""
import numpy as np

from ..tensor import Tensor, composite, constant, primitive, raw, rule

constant(np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.can_cast, np.array_repr,
         np.array_str, np.array2string, np.min_scalar_type)


@rule(np.reshape)
def _(g, y, x, shape=None, order="C", newshape=None):                     # NumPy 2.0 says newshape
    if order not in ("C", "F"):
        raise TypeError(f"np.reshape: order {order!r} depends on how x lies in memory and is not differentiated; C and F are")
    return np.reshape(g, np.shape(x), order=order)


@rule(np.ravel)
def _(g, y, x, order="C"):
    return np.reshape(g, np.shape(x), order=order)


@rule(np.squeeze)
def _(g, y, x, axis=None):
    return np.reshape(g, np.shape(x))


@rule(np.expand_dims)
def _(g, y, x, axis=0):
    return np.reshape(g, np.shape(x))


@rule(np.transpose)
def _(g, y, x, axes=None):
    return np.transpose(g, None if axes is None else np.argsort([a % np.ndim(x) for a in axes]))


@rule(np.swapaxes)
def _(g, y, x, axis1=0, axis2=0):
    return np.swapaxes(g, axis1, axis2)


@rule(np.moveaxis)
def _(g, y, x, source=0, destination=0):
    return np.moveaxis(g, destination, source)


@composite(np.matrix_transpose, np.linalg.matrix_transpose)
def _(x):
    return np.swapaxes(x, -1, -2)


@rule(np.broadcast_to)
def _(g, y, x, shape=None):
    return g                                                              # the engine sums what was stretched


@composite(np.broadcast_arrays)
def _(*args):
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(np.broadcast_to(a, shape) for a in args)


@rule(np.flip)
def _(g, y, x, axis=None):
    return np.flip(g, axis)


@composite(np.flipud)
def _(x):
    return np.flip(x, 0)


@composite(np.fliplr)
def _(x):
    return np.flip(x, 1)


@rule(np.roll)
def _(g, y, x, shift=0, axis=None):
    return np.roll(g, np.negative(shift), axis)


@rule(np.copy)
def _(g, y, x):
    return g


# Joining and splitting. A list of arrays becomes the arguments of a primitive that takes any number of them ---------------

@primitive
def _concatenate(*arrays, axis=0):
    return np.concatenate(arrays, axis=axis)


@rule(_concatenate, ...)
def _(g, y, i, *arrays, axis=0):
    start = sum(np.shape(a)[axis] for a in arrays[:i])
    place = [slice(None)] * np.ndim(y)
    place[axis] = slice(start, start + np.shape(arrays[i])[axis])
    return g[tuple(place)]


@composite(np.concatenate)
def _(arrays, axis=0):
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    return _concatenate(*arrays, axis=axis)


@composite(np.append)
def _(arr, values, axis=None):
    return np.concatenate([arr, values] if axis is not None else [np.ravel(arr), np.ravel(values)], axis=axis or 0)


@composite(np.stack)
def _(arrays, axis=0):
    arrays = list(arrays)
    if len({np.shape(a) for a in arrays}) > 1:
        raise ValueError(f"np.stack: all arrays must have one shape, got {', '.join(str(np.shape(a)) for a in arrays)}")
    return _concatenate(*(np.expand_dims(a, axis) for a in arrays), axis=axis)


@composite(np.vstack)
def _(tup):
    return np.concatenate([np.atleast_2d(a) for a in tup], axis=0)


@composite(np.hstack)
def _(tup):
    arrays = [np.atleast_1d(a) for a in tup]
    return np.concatenate(arrays, axis=0 if np.ndim(arrays[0]) == 1 else 1)


@composite(np.dstack)
def _(tup):
    return np.concatenate([np.atleast_3d(a) for a in tup], axis=2)


@composite(np.column_stack)
def _(tup):
    return np.concatenate([a if np.ndim(a) == 2 else np.reshape(a, (-1, 1)) for a in tup], axis=1)


@composite(np.array_split)
def _(ary, indices_or_sections, axis=0):
    n = np.shape(ary)[axis]
    if np.ndim(indices_or_sections):
        ends = [*indices_or_sections, n]
    else:
        k = indices_or_sections
        ends = [(i + 1) * (n // k) + min(i + 1, n % k) for i in range(k)]
    axis = axis % np.ndim(ary)
    starts = [0, *ends[:-1]]
    return [ary[(slice(None),) * axis + (slice(a, b),)] for a, b in zip(starts, ends, strict=True)]


@composite(np.split)
def _(ary, indices_or_sections, axis=0):
    n, k = np.shape(ary)[axis], indices_or_sections
    if not np.ndim(k) and n % k:
        raise ValueError(f"np.split: an axis of length {n} can't be split into {k} equal parts; np.array_split allows unequal "
                         "ones")
    return np.array_split(ary, k, axis)


@composite(np.vsplit)
def _(ary, indices_or_sections):
    return np.split(ary, indices_or_sections, 0)


@composite(np.hsplit)
def _(ary, indices_or_sections):
    return np.split(ary, indices_or_sections, 0 if np.ndim(ary) == 1 else 1)


@composite(*([np.unstack] if hasattr(np, "unstack") else []))             # NumPy 2.1
def _(x, axis=0):
    return tuple(np.moveaxis(x, axis, 0))


@composite(np.tile)
def _(A, reps):
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    n = max(len(reps), np.ndim(A))
    reps, shape = (1,) * (n - len(reps)) + reps, (1,) * (n - np.ndim(A)) + np.shape(A)
    spread = np.reshape(A, [k for d in shape for k in (1, d)])
    stretched = np.broadcast_to(spread, [k for r, d in zip(reps, shape, strict=True) for k in (r, d)])
    return np.reshape(stretched, [r * d for r, d in zip(reps, shape, strict=True)])


@composite(np.repeat)
def _(a, repeats, axis=None):
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take(a, np.repeat(np.arange(np.shape(a)[axis]), raw(repeats)), axis=axis)


@composite(np.pad)
def _(array, pad_width, mode="constant", constant_values=0):
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(i, pad_width.get(i - np.ndim(array), 0)) for i in range(np.ndim(array))]
        pad_width = [(p, p) if np.ndim(p) == 0 else p for p in pad_width]
    widths = [tuple(map(int, w)) for w in np.broadcast_to(pad_width, (np.ndim(array), 2))]
    if mode == "constant":
        return _pad(array, widths=widths, value=constant_values)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise TypeError(f"np.pad: mode {mode!r} is not differentiated; constant, edge, reflect, symmetric and wrap are")
    for axis, (n, w) in enumerate(zip(np.shape(array), widths, strict=True)):
        array = np.take(array, np.pad(np.arange(n), w, mode=mode), axis=axis)   # where each padded entry comes from
    return array


@primitive
def _pad(x, widths, value=0):
    return np.pad(x, widths or 0, constant_values=value)


@rule(_pad)
def _(g, y, x, widths=None, value=0):
    return g[tuple(slice(before, before + n) for (before, _), n in zip(widths, np.shape(x), strict=True))]


def _each(f):
    return lambda *arys: f(arys[0]) if len(arys) == 1 else tuple(f(a) for a in arys)


composite(np.atleast_1d)(_each(lambda a: np.reshape(a, (1,)) if np.ndim(a) == 0 else a))
composite(np.atleast_2d)(_each(lambda a: np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a))
composite(np.atleast_3d)(_each(lambda a: np.reshape(a, (1, -1, 1)) if np.ndim(a) < 2 else
                               a[:, :, None] if np.ndim(a) == 2 else a))


@composite(np.full_like)
def _(a, fill_value, dtype=None, shape=None):
    if type(fill_value) is Tensor:
        spread = np.broadcast_to(fill_value, np.shape(a) if shape is None else shape)
        return spread.astype(np.asarray(raw(a)).dtype if dtype is None else dtype)
    return np.full_like(raw(a), fill_value, dtype, shape=shape)
