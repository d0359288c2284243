"""Nonlinearities and logarithms that stay finite."""
from typing import Any

import numpy as np

from ...kernels import relu as kernels
from ..tensor import Tensor, primitive, raw, rule

__all__ = ["log1mexp", "log_sigmoid", "relu", "sigmoid", "softplus"]


@primitive
def relu(x: Any) -> Any:
    """max(x, 0).  At 0 the derivative is taken to be 0.

    Examples
    --------
    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return np.maximum(x, 0)


@rule(relu)
def _(g, y, x):
    return where_positive(g, y)


def where_positive(g, y):
    """g where y, the result of a relu, is above 0: y only chooses, and is a constant."""
    if type(g) is Tensor or g.size < 4096:                  # smaller ones: calling the kernel would take longer
        return g * (raw(y) > 0)
    return kernels.relu_gradient(g, raw(y))


@primitive
def sigmoid(x: Any) -> Any:
    r"""The logistic function :math:`1 / (1 + e^{-x})`, with full relative precision at both ends.

    Examples
    --------
    >>> sigmoid(np.array([0.0, -800.0]))
    array([0.5, 0. ])
    """
    z = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1, z) / (1 + z)


@rule(sigmoid)
def _(g, y, x):
    return g * y * sigmoid(-x)


@primitive
def softplus(x: Any) -> Any:
    r""":math:`\log(1 + e^x)`, a smooth relu.

    Examples
    --------
    >>> softplus(np.array([-1e4, 0.0, 1e4]))
    array([0.00000000e+00, 6.93147181e-01, 1.00000000e+04])
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@rule(softplus)
def _(g, y, x):
    return g * sigmoid(x)


def log_sigmoid(x: Any) -> Any:
    r""":math:`\log \sigma(x) = -\log(1 + e^{-x})`.

    Examples
    --------
    >>> log_sigmoid(np.array([-1e4, 0.0]))
    array([-1.00000000e+04, -6.93147181e-01])
    """
    return -softplus(-x)


@primitive
def log1mexp(x: Any) -> Any:
    r""":math:`\log(1 - e^{-x})` for x > 0, exact near 0 and far from it (Mächler 2012).

    Examples
    --------
    >>> log1mexp(np.array([1e-20, 50.0]))
    array([-4.60517019e+01, -1.92874985e-22])
    """
    near = np.less(x, np.log(2))                            # below log 2 the difference cancels: expm1 keeps its digits
    return np.where(near, np.log(-np.expm1(-np.where(near, x, 1))), np.log1p(-np.exp(-np.where(near, 1, x))))


@rule(log1mexp)
def _(g, y, x):
    return g * np.exp(-x) / -np.expm1(-x)                   # 1 / (e^x - 1), without an e^x that overflows
