"""Softmax, its logarithm, and the log of a sum of exponentials.  Cho (2.29)-(2.30)."""
from typing import Any

import numpy as np

from ...kernels import softmax as kernels
from ..tensor import primitive, rule

__all__ = ["log_softmax", "logsumexp", "softmax"]


@primitive
def softmax(x: Any, axis: int = -1) -> Any:
    r"""Shares proportional to :math:`\exp(x_i)`, which sum to one along `axis`.  Cho (2.29), of negative energies.

    Finite for any finite x. Entries of -inf get no share; where all are -inf the shares are all zero.

    Examples
    --------
    >>> softmax(np.array([0.0, np.log(3.0)]))
    array([0.25, 0.75])
    """
    return kernels.softmax(x, axis)


@rule(softmax)
def _(g, y, x, axis=-1):
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


@primitive
def logsumexp(x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    r"""Logarithm of :math:`\sum_i \exp(x_i)` along `axis`: the log normalizer of Cho (2.30).

    Examples
    --------
    >>> round(logsumexp(np.array([1000.0, 1000.0])) - 1000, 6)
    np.float64(0.693147)
    """
    return kernels.logsumexp(x, axis, keepdims)


@rule(logsumexp)
def _(g, y, x, axis=-1, keepdims=False):
    return (g if keepdims or axis is None else np.expand_dims(g, axis)) * softmax(x, axis=axis)


@primitive
def log_softmax(x: Any, axis: int = -1) -> Any:
    """Logarithm of `softmax`, exact also where a share underflows.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1e4]))
    array([-10000.,      0.])
    """
    return kernels.log_softmax(x, axis)


@rule(log_softmax)
def _(g, y, x, axis=-1):
    return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)
