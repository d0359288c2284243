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
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isinf(largest), 0, largest).astype(x.dtype, copy=False)
    return x - largest, largest


def softmax(x, axis=-1):
    """Shares proportional to exp(x), same shape as x, that sum to one along `axis`."""
    z, _ = _shifted(_floating(x), axis)
    np.exp(z, out=z)
    total = np.sum(z, axis=axis, keepdims=True)
    z /= np.where(total == 0, 1, total)
    return z


def logsumexp(x, axis=-1, keepdims=False):
    """log of the sum of exp(x) along `axis`."""
    z, largest = _shifted(_floating(x), axis)
    total = np.sum(np.exp(z), axis=axis, keepdims=True)
    if np.all(total > 0):
        y = np.log(total) + largest
    else:
        y = np.where(total > 0, np.log(np.where(total > 0, total, 1)) + largest, -np.inf).astype(total.dtype)
    return y if keepdims else np.squeeze(y, axis=axis)[()]


def log_softmax(x, axis=-1):
    """log of softmax(x), without forming it."""
    x = _floating(x)
    total = logsumexp(x, axis, keepdims=True)
    return x - np.where(total == -np.inf, 0, total)


def cross_entropy(logits, labels, axis=-1):
    """-log softmax(logits)[label]: labels are integers (logits' shape without `axis`)."""
    chosen = np.take_along_axis(logits, np.expand_dims(labels, axis), axis)
    return np.squeeze(logsumexp(logits, axis, keepdims=True) - chosen, axis=axis)[()]
