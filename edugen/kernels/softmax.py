r"""Softmax and its family, in NumPy.  Cho (2.29)-(2.30).

Subtracting the largest entry first changes nothing, for it cancels above and below, and no exponential can overflow.
Entries of -inf get no share. A row of -inf alone has nothing to share out: its softmax is all zero and its logsumexp -inf.
"""
import numpy as np

__all__ = ["cross_entropy", "log_softmax", "logsumexp", "softmax"]


def _floating(x):
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(float)


def _shifted(x, axis):
    largest = x.max(axis=axis, keepdims=True, initial=-np.inf)
    if not np.isfinite(largest).all():
        largest[np.isinf(largest)] = 0
    return x - largest, largest


def softmax(x, axis=-1):
    """Shares proportional to exp(x), same shape as x, that sum to one along `axis`."""
    z, _ = _shifted(_floating(x), axis)
    np.exp(z, out=z)
    total = z.sum(axis=axis, keepdims=True)
    total[total == 0] = 1
    z /= total
    return z


def logsumexp(x, axis=-1, keepdims=False):
    """log of the sum of exp(x) along `axis`."""
    z, largest = _shifted(_floating(x), axis)
    y = np.exp(z, out=z).sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):                                    # a row of -inf: log 0
        np.log(y, out=y)
    y += largest
    return y if keepdims else y.squeeze(axis=axis)[()]


def log_softmax(x, axis=-1):
    """log of softmax(x), without forming it."""
    z, _ = _shifted(_floating(x), axis)
    z -= np.log(_total(z, axis))                                          # shifted, or large x would take the small digits
    return z


def _total(z, axis):
    total = np.exp(z).sum(axis=axis, keepdims=True)
    total[total == 0] = 1                                                 # a row of -inf alone stays -inf
    return total


def cross_entropy(logits, labels, axis=-1):
    """-log softmax(logits)[label]: labels are integers (logits' shape without `axis`)."""
    z, _ = _shifted(_floating(logits), axis)
    rows = np.moveaxis(z, axis, -1).reshape(labels.size, z.shape[axis])
    chosen = rows[np.arange(labels.size), labels.ravel()]
    return np.log(_total(z, axis)).reshape(labels.shape) - chosen.reshape(labels.shape)
