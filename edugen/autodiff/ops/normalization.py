r"""Layer and batch normalization, with the gradient written by hand.

Along an axis, :math:`\hat x = (x - \mu) r` with :math:`r = 1 / \sqrt{\sigma^2 + \epsilon}`. What passes back through it is
:math:`A u = r (u - \overline u - \hat x\, \overline{u \hat x})`, and A is symmetric: the same passes back from it to u.
"""
from typing import Any

import numpy as np

from ...kernels import normalization as kernels
from ..tensor import Tensor, primitive, rule

__all__ = ["batch_norm", "layer_norm"]


def layer_norm(x: Any, gain: Any, bias: Any, eps: float = 1e-5) -> Any:
    r"""Each example (the last axis) with mean 0 and variance 1, times a gain, plus a bias.

    Parameters
    ----------
    x : array (..., D)
    gain, bias : arrays (D,)
    eps : float, added to the variance

    Returns
    -------
    array (..., D)

    Raises
    ------
    ValueError
        Shapes that don't fit.

    Examples
    --------
    >>> layer_norm(np.array([[1.0, 2.0, 3.0]]), np.ones(3), np.zeros(3)).round(3)
    array([[-1.225,  0.   ,  1.225]])
    """
    x, gain, bias = _checked("layer_norm", x, gain, bias, -1, eps)
    shape = np.shape(x)
    return np.reshape(_normalize(np.reshape(x, (-1, shape[-1])), gain, bias, axis=1, eps=float(eps)), shape)


def batch_norm(x: Any, gain: Any, bias: Any, eps: float = 1e-5) -> Any:
    r"""Each feature (axis 1) with mean 0 and variance 1 over the batch and all places of an image, times a gain, plus a bias.

    Parameters
    ----------
    x : array (N, D) or (N, D, *image)
    gain, bias : arrays (D,)
    eps : float, added to the variance

    Returns
    -------
    array of the shape of x

    Raises
    ------
    ValueError
        Shapes that don't fit.

    Examples
    --------
    >>> batch_norm(np.array([[1.0], [2.0], [3.0]]), np.ones(1), np.zeros(1)).round(3)
    array([[-1.225],
           [ 0.   ],
           [ 1.225]])
    """
    x, gain, bias = _checked("batch_norm", x, gain, bias, 1, eps)
    last = np.moveaxis(x, 1, -1)
    rows = _normalize(np.reshape(last, (-1, np.shape(last)[-1])), gain, bias, axis=0, eps=float(eps))
    return np.moveaxis(np.reshape(rows, np.shape(last)), -1, 1)


@primitive
def _normalize(x, gain, bias, axis=1, eps=1e-5):
    return kernels.normalize(x, gain, bias, axis, eps)


@rule(_normalize, "first")                            # one pass for the cotangents of all three
def _(g, y, x, gain, bias, axis=1, eps=1e-5):
    if not any(type(v) is Tensor for v in (g, x, gain)):
        return kernels.normalize_gradients(g, x, gain, axis, eps)
    standard, _ = _standard(x, axis, eps)
    return _back(g * gain, x, axis=axis, eps=eps), np.sum(g * standard, axis=0), np.sum(g, axis=0)


@rule(_normalize, 0)
def _(g, y, x, gain, bias, axis=1, eps=1e-5):
    return g[0]


@rule(_normalize, 1)
def _(g, y, x, gain, bias, axis=1, eps=1e-5):
    return g[1]


@rule(_normalize, 2)
def _(g, y, x, gain, bias, axis=1, eps=1e-5):
    return g[2]


@primitive
def _back(u, x, axis=1, eps=1e-5):
    return kernels.normalize_gradients(u, x, np.ones(x.shape[1], x.dtype), axis, eps)[0]


@rule(_back, 0)
def _(c, y, u, x, axis=1, eps=1e-5):
    return _back(c, x, axis=axis, eps=eps)                                # A is symmetric


@rule(_back, 1)
def _(c, y, u, x, axis=1, eps=1e-5):
    standard, r = _standard(x, axis, eps)

    def mean(v):
        return np.mean(v, axis=axis, keepdims=True)
    s, t = mean(u * standard), mean(c * standard)
    through_r = -r * r * standard * (mean(c * u) - mean(c) * mean(u) - s * t)             # dr/dx = -r^2 x hat / n
    return through_r - _back(r * (c * s + u * t), x, axis=axis, eps=eps)                  # and through x hat


def _standard(x, axis, eps):
    """x hat, and r."""
    centered = x - np.mean(x, axis=axis, keepdims=True)
    r = 1 / np.sqrt(np.mean(centered * centered, axis=axis, keepdims=True) + eps)
    return centered * r, r


def _checked(caller, x, gain, bias, axis, eps):
    x, gain, bias = (v if type(v) is Tensor else np.asarray(v) for v in (x, gain, bias))
    if any(v.dtype.kind not in "fiub" for v in (x, gain, bias)):
        raise TypeError(f"{caller} expects real numbers, got {x.dtype}, {gain.dtype} and {bias.dtype}")
    if x.dtype.kind != "f":
        x = x.astype(float)
    if len(x.shape) < (2 if axis == 1 else 1) or not gain.shape == bias.shape == x.shape[axis:][:1] or not x.shape[axis]:
        expected = "x (N, D) or (N, D, *image)" if axis == 1 else "x (..., D)"
        raise ValueError(f"{caller}: expected {expected}, gain (D,) and bias (D,) with D at least 1, got shapes {x.shape}, "
                         f"{gain.shape} and {bias.shape}")
    if not eps >= 0:
        raise ValueError(f"{caller}: eps must be at least 0, got {eps!r}")
    return x, gain, bias
