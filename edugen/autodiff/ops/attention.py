r"""Attention as one operation with its backward pass.  Cho (3.26), (3.27).

With :math:`s = c\, q k^\top`, :math:`\alpha = \mathrm{softmax}(s)` and :math:`y = \alpha v`, the cotangent of :math:`\alpha` is
:math:`\bar y v^\top`, and a softmax passes back, of what comes to it, :math:`\alpha` times the difference from the mean under
:math:`\alpha`. That mean is :math:`\sum_j \alpha_j (\bar y\, v_j) = \bar y\, y`: no sum over items. The weights are computed
anew on the way back: they are M numbers for each query, and would be the largest thing that is kept.
"""
import math
from typing import Any

import numpy as np

from ...kernels import attention as kernels
from ..tensor import Tensor, primitive, rule
from .softmax import softmax

__all__ = ["attend", "attention_weights"]


def attend(q: Any, k: Any, v: Any, mask: Any = None, scale: float = 1.0) -> Any:
    r"""For each query the mean of the values, weighted by how well their keys match.  Cho (3.26), (3.27).

    Parameters
    ----------
    q : array (..., N, d), queries
    k : array (..., M, d), keys
    v : array (..., M, m), values; axes before the last two broadcast
    mask : array of bool that broadcasts to (..., N, M), True where a query may look; None for everywhere
        For a batch of sequences filled up to a common length, with a mask (B, T) of items that count, say mask[:, None, :]. What
        is hidden must be finite all the same, as 0 times NaN is NaN.
    scale : float, times the products :math:`q_i^\top k_j`

    Returns
    -------
    array (..., N, m)

    Raises
    ------
    ValueError
        Shapes that don't fit, no items, a mask that hides everything from a query, or a scale that isn't finite.
    TypeError
        Numbers that aren't floating or not all of one precision, or a mask that isn't of booleans.

    Examples
    --------
    >>> k, v = np.eye(2), np.array([[1.0], [2.0]])
    >>> attend(np.array([[0.0, 0.0], [0.0, 50.0]]), k, v)               # one that asks nothing, and one that knows what it wants
    array([[1.5],
           [2. ]])
    """
    q, k, v = checked("attend", q, k, v)
    return _attend(q, k, v, mask=checked_mask("attend", mask, q, k), scale=_finite("attend", scale))


def attention_weights(q: Any, k: Any, mask: Any = None, scale: float = 1.0) -> Any:
    r"""The weights :math:`\alpha_i^j` of `attend`: array (..., N, M), whose rows sum to one.  Cho (3.26).

    Examples
    --------
    >>> attention_weights(np.array([[1.0]]), np.array([[0.0], [np.log(3.0)]]))
    array([[0.25, 0.75]])
    """
    q, k, _ = checked("attention_weights", q, k, k)
    return _weights(q, k, checked_mask("attention_weights", mask, q, k), _finite("attention_weights", scale))


def _t(x):
    return np.swapaxes(x, -1, -2)


def _weights(q, k, mask, scale):
    s = (q if scale == 1 else scale * q) @ _t(k)
    return softmax(s if mask is None else s + np.where(mask, 0, -np.inf).astype(q.dtype))        # (3.26); exp(-inf) is 0


@primitive
def _attend(q, k, v, mask=None, scale=1.0):
    return _heads_together(kernels.attend, mask, scale, q, k, v)                   # (3.27)


@rule(_attend, "first")
def _(g, y, q, k, v, mask=None, scale=1.0):
    if not any(type(each) is Tensor for each in (g, y, q, k, v)):
        return _heads_together(kernels.attend_gradients, mask, scale, g, y, q, k, v)
    alpha = _weights(q, k, mask, scale)
    back = scale * alpha * (g @ _t(v) - np.sum(g * y, axis=-1, keepdims=True))
    return back @ k, _t(back) @ q, _t(alpha) @ g


@rule(_attend, 0)
def _(g, y, q, k, v, mask=None, scale=1.0):
    return g[0]


@rule(_attend, 1)
def _(g, y, q, k, v, mask=None, scale=1.0):
    return g[1]


@rule(_attend, 2)
def _(g, y, q, k, v, mask=None, scale=1.0):
    return g[2]


def _heads_together(kernel, mask, scale, *arrays):
    """A kernel of `edugen.kernels.attention`, which wants sets and their heads along two axes, wherever they lie in memory."""
    batch = np.broadcast_shapes(*(each.shape[:-2] for each in arrays))

    def four(x, batch):
        axes = (math.prod(batch[:-1]), batch[-1]) if len(batch) > 1 else (math.prod(batch), 1)
        return np.broadcast_to(x, batch + x.shape[-2:]).reshape(*axes, *x.shape[-2:])
    if mask is not None:
        *_, q, k, _ = arrays
        mask = np.broadcast_to(mask, np.broadcast_shapes(np.shape(mask), (q.shape[-2], k.shape[-2])))
        mask = four(mask, batch if math.prod(mask.shape[:-2]) > 1 else ())
    found = kernel(*(four(each, batch) for each in arrays), scale, mask)
    several = [each.reshape(*batch, *each.shape[-2:]) for each in (found if type(found) is tuple else (found,))]
    return tuple(several) if type(found) is tuple else several[0]


def checked(caller, q, k, v):
    q, k, v = (each if type(each) is Tensor else np.asarray(each) for each in (q, k, v))
    shapes = f"q {q.shape}, k {k.shape}, v {v.shape}"
    if any(each.dtype.kind != "f" for each in (q, k, v)) or not q.dtype == k.dtype == v.dtype:
        raise TypeError(f"{caller}: q, k and v must be floating numbers of one precision, got {q.dtype}, {k.dtype} and "
                        f"{v.dtype}; x.astype(np.float64) or np.float32 makes them so")
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(f"{caller}: expected q (..., N, d), k (..., M, d) and v (..., M, m), got {shapes}")
    if 0 in (q.shape[-2], k.shape[-2]):
        raise ValueError(f"{caller}: a set must hold at least one item, got {shapes}")
    try:
        np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    except ValueError:
        raise ValueError(f"{caller}: the axes before the last two must broadcast, got {shapes}") from None
    return q, k, v


def _finite(caller, scale):
    if not math.isfinite(scale):
        raise ValueError(f"{caller}: scale must be a finite number, got {scale}")
    return float(scale)


def checked_mask(caller, mask, q, k):
    if mask is None:
        return None
    mask, shape = np.asarray(mask), np.broadcast_shapes(q.shape[:-2], k.shape[:-2]) + (q.shape[-2], k.shape[-2])
    if mask.dtype != bool:
        raise TypeError(f"{caller}: mask must hold booleans, True where a query may look, got {mask.dtype}; mask == 1 makes them")
    if mask.ndim > len(shape) or any(a not in (1, b) for a, b in zip(mask.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{caller}: mask must broadcast to {shape}, a row for each query, got shape {mask.shape}; "
                         "a mask of the items that count is mask[..., None, :]")
    sees = np.any(np.atleast_1d(mask), axis=-1)
    if not np.all(sees):
        where = tuple(int(i) for i in np.argwhere(~np.atleast_1d(sees))[0])
        raise ValueError(f"{caller}: mask hides everything from query {where if sees.ndim > 1 else where[0]}, and a mean of "
                         "nothing is no number; let it look at itself, and leave its result out")
    return mask
