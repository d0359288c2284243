"""Softmax, its logarithm, and the log of a sum of exponentials.  Cho (2.29)-(2.30)."""
from typing import Any

import numpy as np

from ...kernels import softmax as kernels
from ..tensor import primitive, rule

__all__ = ["log_softmax", "logsumexp", "softmax"]


@primitive
def softmax(x: Any, axis: int = -1, where: Any = None) -> Any:
    r"""Shares proportional to :math:`\exp(x_i)`, which sum to one along `axis`.  Cho (2.29), of negative energies.

    Finite for any finite x. Entries of -inf get no share; where all are -inf the shares are all zero.

    Parameters
    ----------
    x : array
    axis : int, or a tuple of them, or None for all
    where : array of bool that broadcasts to x, attention's mask: True takes part, False gets no share and no gradient, whatever x
        holds there. Where no entry takes part the shares are all zero.

    Examples
    --------
    >>> softmax(np.array([0.0, np.log(3.0)]))
    array([0.25, 0.75])
    >>> softmax(np.zeros((3, 3)), where=np.tri(3, dtype=bool))[1]        # the past only
    array([0.5, 0.5, 0. ])
    """
    return kernels.softmax(x, axis, where)


@rule(softmax)
def _(g, y, x, axis=-1, where=None):
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))              # y is 0 where nothing took part


@primitive
def logsumexp(x: Any, axis: int = -1, keepdims: bool = False, where: Any = None) -> Any:
    r"""Logarithm of :math:`\sum_i \exp(x_i)` along `axis`: the log normalizer of Cho (2.30).  `where` as in `softmax`.

    Examples
    --------
    >>> round(logsumexp(np.array([1000.0, 1000.0])) - 1000, 6)
    np.float64(0.693147)
    """
    return kernels.logsumexp(x, axis, keepdims, where)


@rule(logsumexp)
def _(g, y, x, axis=-1, keepdims=False, where=None):
    return (g if keepdims or axis is None else np.expand_dims(g, axis)) * softmax(x, axis=axis, where=where)


@primitive
def log_softmax(x: Any, axis: int = -1, where: Any = None) -> Any:
    """Logarithm of `softmax`, exact also where a share underflows; -inf where `where` leaves an entry out.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1e4]))
    array([-10000.,      0.])
    """
    return kernels.log_softmax(x, axis, where)


@rule(log_softmax)
def _(g, y, x, axis=-1, where=None):
    if where is not None:
        g = np.where(where, g, 0)                                         # what was left out is -inf and stays so
    return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)
