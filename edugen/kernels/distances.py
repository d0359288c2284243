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
from .threads import share_out

__all__ = ["squared_distances"]

LARGE = 2**18                                # differences from which a second thread pays
FEW = 16                                     # dimensions up to which differences are faster than a product (100 to 1,000 points)


@kernel(check=fitting("squared_distances", "x (N, D), y (K, D)"))
def squared_distances(x, y):
    """x (N, D), y (K, D) -> (N, K)."""
    center = y.mean(axis=0) if len(y) else 0
    x, y = x - center, y - center
    d = np.sum(x * x, axis=1)[:, None] + np.sum(y * y, axis=1) - 2 * (x @ y.T)
    return np.maximum(d, 0, out=d)


@jit(fastmath={"contract"})
def _differences(low, high, x, columns, d):
    """columns is y transposed: the inner loop runs along it, and along a row of d, which stays in the first cache."""
    for i in range(low, high):
        for j in range(d.shape[1]):
            d[i, j] = (x[i, 0] - columns[0, j]) * (x[i, 0] - columns[0, j])
        for k in range(1, x.shape[1]):
            a = x[i, k]
            for j in range(d.shape[1]):
                d[i, j] += (a - columns[k, j]) * (a - columns[k, j])


@jit(fastmath={"contract"})
def _finish(low, high, of_x, of_y, d):
    """d holds the products, and then the distances."""
    zero, two = d.dtype.type(0), d.dtype.type(2)
    for i in range(low, high):
        for j in range(d.shape[1]):
            s = of_x[i] + of_y[j] - two * d[i, j]
            d[i, j] = zero if s < zero else s                             # and NaN stays


@squared_distances.numba
def _(x, y):
    if x.dtype != y.dtype or x.dtype not in (np.float32, np.float64) or not x.size or not y.size:
        return squared_distances.reference(x, y)
    if x.shape[1] <= FEW:
        d = np.empty((len(x), len(y)), x.dtype)
        share_out(_differences, len(x), np.ascontiguousarray(x), np.ascontiguousarray(y.T), d, alone=d.size * x.shape[1] < LARGE)
        return d
    center = y.mean(axis=0)
    x, y = x - center, y - center
    d = x @ y.T
    share_out(_finish, len(x), np.einsum("nd,nd->n", x, x), np.einsum("kd,kd->k", y, y), d, alone=d.size < LARGE)
    return d
