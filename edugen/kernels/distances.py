r"""Squared Euclidean distances between all pairs, for k-means, mixtures and kernels.

:math:`\lVert x - y \rVert^2 = \lVert x \rVert^2 + \lVert y \rVert^2 - 2 x^\top y` turns most of the work into a matrix product,
at a price: where x and y are much closer to each other than to zero, large numbers cancel. Distances don't change when all points
are moved, so all are moved first such that the mean of y is zero. What stays is an error of some units in the last place of the
largest squares, and never a negative distance.

In few dimensions the product has little to do, and a twin sums the squares of the differences, which cancels nothing. In many it
leaves the product to BLAS, and does the rest in one pass instead of three.
"""
import numpy as np

from .arguments import fitting
from .jit import jit, kernel
from .vector import clear

__all__ = ["squared_distances"]

FEW = 16                                     # dimensions up to which differences are faster than a product (100 to 1,000 points)


@kernel(check=fitting("squared_distances", "x (N, D), y (K, D)"))
def squared_distances(x, y):
    """x (N, D), y (K, D) -> (N, K)."""
    center = y.mean(axis=0) if len(y) else 0
    x, y = x - center, y - center
    d = np.sum(x * x, axis=1)[:, None] + np.sum(y * y, axis=1) - 2 * (x @ y.T)
    return np.maximum(d, 0, out=d)


@jit(fastmath={"contract"})
def _differences(x, columns, d):
    """columns is y transposed: the inner loop runs along it, and along a row of d, which stays in the first cache."""
    for i in range(x.shape[0]):
        row = d[i]
        clear(row)
        for k in range(x.shape[1]):
            a, column = x[i, k], columns[k]
            for j in range(row.size):
                row[j] += (a - column[j]) * (a - column[j])


@jit(fastmath={"contract"})
def _finish(of_x, of_y, d):
    """d holds the products, and then the distances."""
    zero, two = d.dtype.type(0), d.dtype.type(2)
    for i in range(d.shape[0]):
        row, square = d[i], of_x[i]
        for j in range(row.size):
            s = square + of_y[j] - two * row[j]
            row[j] = zero if s < zero else s                              # and NaN stays


@squared_distances.numba
def _(x, y):
    if x.dtype != y.dtype or x.dtype not in (np.float32, np.float64) or not x.size or not y.size:
        return squared_distances.reference(x, y)
    if x.shape[1] <= FEW:
        d = np.empty((len(x), len(y)), x.dtype)
        _differences(np.ascontiguousarray(x), np.ascontiguousarray(y.T), d)
        return d
    center = y.mean(axis=0)
    x, y = x - center, y - center
    d = x @ y.T
    _finish(np.einsum("nd,nd->n", x, x), np.einsum("kd,kd->k", y, y), d)
    return d
