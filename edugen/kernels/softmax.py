r"""Softmax and its family, in NumPy.  Cho (2.29)-(2.30).

Subtracting the largest entry first changes nothing, for it cancels above and below, and no exponential can overflow.
Entries of -inf get no share. A row of -inf alone has nothing to share out: its softmax is all zero and its logsumexp -inf.
"""
import numpy as np

__all__ = ["cross_entropy", "log_softmax", "logsumexp", "softmax"]


def _floating(x):
    x = np.asarray(x)
    if not x.ndim:
        raise ValueError("softmax and its kin share out along an axis, and a number has none")
    return x if x.dtype.kind == "f" else x.astype(float)


def _shifted(x, axis):
    """x less its largest entry, exponentials of that, their sum, which is at least 1 for the largest gives 1, and the largest."""
    largest = x.max(axis=axis, keepdims=True, initial=-np.inf)
    limits = np.finfo(x.dtype)
    z = x - np.minimum(np.maximum(largest, limits.min), limits.max)       # -inf less -inf would be NaN
    e = np.exp(z)
    total = e.sum(axis=axis, keepdims=True)
    return z, e, np.maximum(total, 1, out=total), largest                 # a row of -inf: 1 for 0


def softmax(x, axis=-1):
    """Shares proportional to exp(x), same shape as x, that sum to one along `axis`."""
    _, e, total, _ = _shifted(_floating(x), axis)
    e /= total
    return e


def logsumexp(x, axis=-1, keepdims=False):
    """log of the sum of exp(x) along `axis`."""
    _, _, total, largest = _shifted(_floating(x), axis)
    y = np.log(total, out=total)
    y += largest
    return y if keepdims else y.squeeze(axis=axis)[()]


def log_softmax(x, axis=-1):
    """log of softmax(x), without forming it."""
    z, _, total, _ = _shifted(_floating(x), axis)
    z -= np.log(total, out=total)                                         # shifted, or large x would take the small digits
    return z


def cross_entropy(logits, labels):
    """-log softmax(logits)[label]: logits (N, K), labels integers (N,)."""
    z, _, total, _ = _shifted(_floating(logits), 1)
    return np.log(total, out=total)[:, 0] - z[np.arange(len(z)), labels]
