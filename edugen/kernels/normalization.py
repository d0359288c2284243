r"""Layer and batch normalization: numbers less their mean, over their standard deviation, times a gain, plus a bias.

.. math:: y = \gamma\, \hat x + \beta, \qquad \hat x = (x - \mu)\, r, \qquad r = 1 / \sqrt{\sigma^2 + \epsilon}

Layer normalization takes mean and variance along each row (an example), batch normalization along each column (a feature). The
gradient has two more terms than that of a product with :math:`\gamma r`, for mean and variance move with x:

.. math:: \bar x = r\, (u - \overline{u} - \hat x\; \overline{u \hat x}), \qquad u = \gamma \bar y

NumPy walks through memory once for each of a dozen operations. A twin takes a row through all of them while it lies in the first
cache; along columns it walks through the rows as few times as the formula allows, with a vector of sums, one for each column.
"""
import numpy as np

from .arguments import fitting
from .jit import jit, kernel
from .threads import share_out
from .vector import clear

__all__ = ["normalize", "normalize_gradients"]


# References -------------------------------------------------------------------------------------------------------------

def _standardized(x, axis, eps):
    """x hat, and r."""
    if axis not in (0, 1):
        raise np.exceptions.AxisError(axis, 2)
    if not len(x):                                                        # no examples: nothing has a mean
        return x, x
    centered = x - x.mean(axis=axis, keepdims=True)
    r = 1 / np.sqrt(np.mean(centered * centered, axis=axis, keepdims=True) + eps)
    return centered * r, r


@kernel(check=fitting("normalize", "x (N, D), gain (D), bias (D)"))
def normalize(x, gain, bias, axis, eps):
    """x (N, D), gain and bias (D,) -> (N, D); along rows with axis 1, along columns with axis 0."""
    return _standardized(x, axis, eps)[0] * gain + bias


@kernel(check=fitting("normalize_gradients", "g (N, D), x (N, D), gain (D)"))
def normalize_gradients(g, x, gain, axis, eps):
    """What `normalize` passes back to x, gain and bias: (N, D), (D,), (D,)."""
    standard, r = _standardized(x, axis, eps)
    u = g * gain
    if not len(x):
        return u, np.zeros_like(gain), np.zeros_like(gain)
    dx = r * (u - u.mean(axis=axis, keepdims=True) - standard * np.mean(u * standard, axis=axis, keepdims=True))
    return dx, np.sum(g * standard, axis=0), np.sum(g, axis=0)


# Twins ------------------------------------------------------------------------------------------------------------------

LARGE, SHARES = 2**17, 8                     # numbers from which a second thread pays, along rows; shares of the rows then
TALL, COLUMNS = 2**20, 256                   # and along columns, over which there are five walks; columns of a share

@jit(fastmath={"reassoc", "contract"})                                    # sums in any order: then the adds need not queue
def _moments(x, i, eps):
    """Mean and r of row i, which the second loop finds in the cache.  (No x[i]: Numba counts the users of a view.)"""
    n, total, squares = x.dtype.type(x.shape[1]), x.dtype.type(0), x.dtype.type(0)
    for j in range(x.shape[1]):
        total += x[i, j]
    mean = total / n
    for j in range(x.shape[1]):
        squares += (x[i, j] - mean) * (x[i, j] - mean)
    return mean, x.dtype.type(1) / np.sqrt(squares / n + eps)


@jit(fastmath={"reassoc", "contract"})
def _means_of_gradient(g, gain, x, i, mean, r):
    """Means of u and of u times x hat."""
    first = second = x.dtype.type(0)
    for j in range(x.shape[1]):
        u = g[i, j] * gain[j]
        first += u
        second += u * (x[i, j] - mean)
    n = x.dtype.type(x.shape[1])
    return first / n, second * r / n


@jit(fastmath={"contract"})
def _normalize_rows(low, high, x, gain, bias, eps, y):
    for i in range(low, high):
        mean, r = _moments(x, i, eps)
        for j in range(x.shape[1]):
            y[i, j] = (x[i, j] - mean) * r * gain[j] + bias[j]


@jit(fastmath={"contract"})
def _gradients_of_rows(low, high, g, x, gain, eps, dx, dgain, dbias):
    """Each share of the rows sums up gradients of gain and bias of its own: the same sums whichever thread has it."""
    for share in range(low, high):
        to_gain, to_bias = dgain[share], dbias[share]
        for i in range(share * x.shape[0] // dgain.shape[0], (share + 1) * x.shape[0] // dgain.shape[0]):
            mean, r = _moments(x, i, eps)
            first, second = _means_of_gradient(g, gain, x, i, mean, r)
            for j in range(x.shape[1]):
                standard = (x[i, j] - mean) * r
                dx[i, j] = r * (g[i, j] * gain[j] - first - standard * second)
                to_gain[j] += g[i, j] * standard
                to_bias[j] += g[i, j]


@jit(fastmath={"contract"})
def _moments_of_columns(low, high, x, eps, mean, r):
    """Row after row: a vector of columns at a time."""
    clear(mean)
    clear(r)
    n = x.dtype.type(x.shape[0])
    for i in range(x.shape[0]):
        for j in range(low, high):
            mean[j] += x[i, j]
    for j in range(low, high):
        mean[j] /= n
    for i in range(x.shape[0]):
        for j in range(low, high):
            r[j] += (x[i, j] - mean[j]) * (x[i, j] - mean[j])
    for j in range(low, high):
        r[j] = x.dtype.type(1) / np.sqrt(r[j] / n + eps)


@jit(fastmath={"contract"})
def _normalize_columns(low, high, x, gain, bias, eps, y):
    mean, r = np.empty_like(gain), np.empty_like(gain)
    low, high = np.uintp(low * COLUMNS), np.uintp(min(high * COLUMNS, x.shape[1]))        # what can't be negative goes in vectors
    _moments_of_columns(low, high, x, eps, mean, r)
    for i in range(x.shape[0]):
        for j in range(low, high):
            y[i, j] = (x[i, j] - mean[j]) * r[j] * gain[j] + bias[j]


@jit(fastmath={"contract"})
def _gradients_of_columns(low, high, g, x, gain, eps, dx, dgain, dbias):
    """Gain and bias are along the other axis, so the means of u are the gradients of bias and gain, times gain, over n."""
    mean, r = np.empty_like(gain), np.empty_like(gain)
    low, high = np.uintp(low * COLUMNS), np.uintp(min(high * COLUMNS, x.shape[1]))        # what can't be negative goes in vectors
    _moments_of_columns(low, high, x, eps, mean, r)
    for i in range(x.shape[0]):
        for j in range(low, high):
            dgain[j] += g[i, j] * (x[i, j] - mean[j]) * r[j]
            dbias[j] += g[i, j]
    n = x.dtype.type(x.shape[0])
    for i in range(x.shape[0]):
        for j in range(low, high):
            dx[i, j] = r[j] * gain[j] * (g[i, j] - dbias[j] / n - (x[i, j] - mean[j]) * r[j] * (dgain[j] / n))


def _compiled(axis, *arrays):
    dtype = arrays[0].dtype
    return axis in (0, 1) and dtype in (np.float32, np.float64) and all(a.dtype == dtype for a in arrays) and arrays[0].size


@normalize.numba
def _(x, gain, bias, axis, eps):
    if not _compiled(axis, x, gain, bias):
        return normalize.reference(x, gain, bias, axis, eps)
    arrays, y = [*map(np.ascontiguousarray, (x, gain, bias)), x.dtype.type(eps)], np.empty(x.shape, x.dtype)
    if axis == 1:
        share_out(_normalize_rows, x.shape[0], *arrays, y, alone=x.size < LARGE)
    else:
        share_out(_normalize_columns, -(-x.shape[1] // COLUMNS), *arrays, y, alone=x.size < TALL)
    return y


@normalize_gradients.numba
def _(g, x, gain, axis, eps):
    if not _compiled(axis, g, x, gain):
        return normalize_gradients.reference(g, x, gain, axis, eps)
    arrays, alone = [*map(np.ascontiguousarray, (g, x, gain)), x.dtype.type(eps)], x.size < LARGE
    dx, sums = np.empty(x.shape, x.dtype), np.zeros((2, 1 if alone or axis == 0 else SHARES, x.shape[1]), x.dtype)
    if axis == 1:
        share_out(_gradients_of_rows, sums.shape[1], *arrays, dx, *sums, alone=alone)
    else:
        share_out(_gradients_of_columns, -(-x.shape[1] // COLUMNS), *arrays, dx, *sums[:, 0], alone=x.size < TALL)
    return dx, *sums.sum(1)
