"""Squared distances between all pairs of points."""
from typing import Any

import numpy as np

from ...kernels import distances as kernels
from ..tensor import Tensor, primitive, rule

__all__ = ["squared_distances"]


def squared_distances(x: Any, y: Any) -> Any:
    r"""The squared Euclidean distance of each point of x from each of y, :math:`\lVert x_n - y_k \rVert^2`.

    Without an array of all differences, of shape (N, K, D). In more than 16 dimensions the result is rounded to some units in the
    last place of the squared distances from the mean of y: a point may then be a little away from itself.

    Parameters
    ----------
    x : array (N, D)
    y : array (K, D)

    Returns
    -------
    array (N, K), at least 0

    Raises
    ------
    ValueError
        Arrays that are not both of rows of D numbers.

    Examples
    --------
    >>> squared_distances(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[3.0, 4.0]]))
    array([[25.],
           [16.]])
    """
    x, y = (v if type(v) is Tensor else np.asarray(v) for v in (x, y))
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        hint = "; a single point p is p[None], numbers z are z[:, None]" if 1 in (x.ndim, y.ndim) else ""
        raise ValueError(f"squared_distances: expected x (N, D) and y (K, D), got shapes {x.shape} and {y.shape}{hint}")
    for v in (x, y):
        if v.dtype.kind not in "fiub":
            raise TypeError(f"squared_distances expects real numbers, got {v.dtype}")
    return _squared_distances(*(v if v.dtype.kind == "f" else v.astype(float) for v in (x, y)))


@primitive
def _squared_distances(x, y):
    return kernels.squared_distances(x, y)


@rule(_squared_distances, 0)
def _(g, d, x, y):
    return 2 * (np.sum(g, axis=1)[:, None] * x - g @ y)


@rule(_squared_distances, 1)
def _(g, d, x, y):
    return 2 * (np.sum(g, axis=0)[:, None] * y - g.T @ x)
