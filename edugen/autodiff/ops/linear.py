r"""The linear layer, with its nonlinearity and its backward pass written by hand.  Cho §2.2, §3.1.

Composed of NumPy calls it is three records and, on the way back, a pass over the output for each. Here it is one of each.
"""
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...kernels.matmul import LEAST
from ...kernels.matmul import matmul as kernel
from ...kernels.tanh import add_tanh
from ..tensor import primitive, rule
from .activations import where_positive

__all__ = ["linear", "matrix", "product"]


def linear(x: Any, W: Any, b: Any, activation: str = "identity") -> Any:
    r"""A layer of units, :math:`\phi(x W + b)`.

    Parameters
    ----------
    x : array (..., n), any number of examples
    W : array (n, m)
    b : array (m,), or any that broadcasts to the result; 0.0 for none
    activation : "identity", "relu" or "tanh"

    Returns
    -------
    array (..., m)

    Raises
    ------
    ValueError
        Shapes that don't fit, or a nonlinearity that isn't there; the message says which there are.

    Examples
    --------
    >>> linear(np.array([[1.0, 2.0]]), np.eye(2), np.array([0.0, -3.0]), "relu")
    array([[1., 0.]])
    """
    layer = _LAYERS.get(activation)
    if layer is None:
        raise ValueError(f"linear: activation must be one of {', '.join(_LAYERS)}, got {activation!r}; any other function goes "
                         "around it, f(linear(x, W, b))")
    return layer(x, W, b)


def _affine(x, W, b, relu=False):
    if _alike(x, W, b) and x.size * W.shape[1] >= LEAST:
        return _times(x, W, b, relu)
    y = _times(x, W)
    try:
        y = np.add(y, b, out=y if getattr(b, "dtype", None) == y.dtype else None)
    except ValueError:
        raise ValueError(f"linear: b must be of shape {y.shape[-1:]}, or broadcast to {y.shape}, got {np.shape(b)}") from None
    return np.maximum(y, 0, out=y) if relu else y


def _alike(x, W, b):
    """Whether these are arrays of one precision, and b a vector: what the kernels add in passing."""
    return (type(x) is np.ndarray is type(W) is type(b) and b.dtype == W.dtype == x.dtype and b.dtype.kind == "f"
            and b.ndim == 1 and b.shape == W.shape[1:])


def _times(x, W, *bias_relu):
    """x W, and what the kernel shall do after it."""
    try:
        d, axes = x.ndim, W.ndim
    except AttributeError:                                                # lists, or numbers
        return _times(np.asarray(x), np.asarray(W))
    if axes != 2:
        raise ValueError(f"linear: W must be a matrix (n, m), got shape {W.shape}")
    try:
        if not d:                                                         # `dot` would scale W by a number
            raise ValueError
        rows = x if d < 3 else matrix(x)                                  # one product, not one for each matrix of a stack
        y = kernel(rows, W, *bias_relu) if bias_relu else product(rows, W)
    except ValueError:
        raise ValueError(f"linear: x (..., n) and W (n, m) must have a common n, got {x.shape} and {W.shape}") from None
    return y if d < 3 else np.reshape(y, (*x.shape[:-1], W.shape[1]))


def matrix(x):
    """The rows of a stack, one below the other."""
    return np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def product(a, b):
    """a b, of vectors or matrices; of arrays, and large, by the kernel, which knows when to share it between threads."""
    if type(a) is np.ndarray is type(b) and a.size * b.shape[1] >= LEAST:
        return kernel(a, b)
    return np.dot(a, b)                                                   # for small ones `matmul` takes longer to begin


@primitive
def _linear(x, W, b):
    return _affine(x, W, b)


@primitive
def _linear_relu(x, W, b):
    return _affine(x, W, b, relu=True)


@primitive
def _linear_tanh(x, W, b):
    return add_tanh(_times(x, W), b) if _alike(x, W, b) else np.tanh(_affine(x, W, b))


_LAYERS: dict[str, Callable] = {"identity": _linear, "relu": _linear_relu, "tanh": _linear_tanh}


@rule(_linear_relu, "first")                          # y = phi(a): the cotangent of a, which all arguments share
def _(g, y, x, W, b):
    return where_positive(g, y)


@rule(_linear_tanh, "first")
def _(g, y, x, W, b):
    return g * (1 - y * y)


for layer in _LAYERS.values():                        # a = x W + b, from here on
    @rule(layer, 0)
    def _(g, y, x, W, b):
        return product(g, W.T) if g.ndim < 3 else np.reshape(product(matrix(g), W.T), x.shape)

    @rule(layer, 1)
    def _(g, y, x, W, b):
        if x.ndim == 1:
            return x[:, None] * g
        return product(x.T, g) if x.ndim == 2 else product(matrix(x).T, matrix(g))

    @rule(layer, 2)
    def _(g, y, x, W, b):
        return g                                      # summed over the examples where the engine undoes broadcasting
