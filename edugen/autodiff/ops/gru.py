r"""Gated recurrent units over a sequence, as one operation with its backward pass.  Cho (3.19)-(3.22).

Composed of NumPy calls it is some twenty records for each step of a sequence; here it is one for all.
"""
from typing import Any

import numpy as np

from ...kernels import gru as kernels
from ..tensor import Tensor, primitive, rule
from .linear import linear, matrix, product

__all__ = ["gru"]


def gru(x: Any, h: Any, W: Any, U: Any, b: Any) -> Any:
    r"""The states of a gated recurrent unit after each step of a sequence.

    With the columns of W, U and b for the reset gate r, the update gate u and the candidate c, in this order,

    .. math::

        r_t &= \sigma(x_t W_r + h_{t-1} U_r + b_r), \qquad u_t = \sigma(x_t W_u + h_{t-1} U_u + b_u) \\
        c_t &= \tanh(x_t W_c + (r_t \odot h_{t-1}) U_c + b_c), \qquad h_t = u_t \odot h_{t-1} + (1 - u_t) \odot c_t

    so an open update gate, u = 1, keeps the state. PyTorch's `GRU` lets the reset gate act after the product, :math:`r_t \odot
    (h_{t-1} U_c)`; the two differ.

    Parameters
    ----------
    x : array (T, N, n), time first: the inputs of N sequences
    h : array (N, H), the states before the first step
    W : array (n, 3H)
    U : array (H, 3H)
    b : array (3H,), or any that broadcasts to (T, N, 3H); 0.0 for none

    Returns
    -------
    array (T, N, H)

    Raises
    ------
    ValueError
        Shapes that don't fit.

    Examples
    --------
    >>> x, h = np.ones((4, 1, 2)), np.zeros((1, 1))
    >>> gru(x, h, np.ones((2, 3)) * [0, 0, 1], np.zeros((1, 3)), 0.0).ravel().round(3)      # half of what is missing, each time
    array([0.482, 0.723, 0.844, 0.904])
    """
    x, h, W, U = (v if type(v) is Tensor else np.asarray(v) for v in (x, h, W, U))
    if x.ndim != 3 or h.ndim != 2 or x.shape[1] != h.shape[0] or U.shape != (h.shape[1], 3 * h.shape[1]) \
            or W.shape != (x.shape[2], U.shape[1]):
        raise ValueError("gru: expected x (T, N, n), h (N, H), W (n, 3H) and U (H, 3H), got shapes "
                         f"{x.shape}, {h.shape}, {W.shape} and {U.shape}")
    try:
        a = linear(x, W, b)                                               # of all steps at once
        if a.shape != (*x.shape[:2], W.shape[1]):
            raise ValueError
    except ValueError:
        raise ValueError(f"gru: b must be of shape {W.shape[1:]}, or broadcast to {(*x.shape[:2], W.shape[1])}, got "
                         f"{np.shape(b)}") from None
    return _gru(a, h, U) if len(x) else a[:, :, :h.shape[1]]


@primitive
def _gru(a, h, U):
    return kernels.gru(a, h, U)


@rule(_gru, "first")                                  # the cotangents of a and h, and r h, from which that of U follows
def _(g, y, a, h, U):
    traced = any(type(v) is Tensor for v in (g, y, a, h, U))
    return (kernels.gru_gradients.reference if traced else kernels.gru_gradients)(g, y, a, h, U)


@rule(_gru, 0)
def _(g, y, a, h, U):
    return g[0]


@rule(_gru, 1)
def _(g, y, a, h, U):
    return g[1]


@rule(_gru, 2)
def _(g, y, a, h, U):
    (da, _, let), n = g, h.shape[1]
    past = np.concatenate([h[None], y[:-1]])                              # products: sums over time and over sequences
    parts = product(matrix(past).T, matrix(da[..., :2 * n])), product(matrix(let).T, matrix(da[..., 2 * n:]))
    return np.concatenate(parts, axis=1)
