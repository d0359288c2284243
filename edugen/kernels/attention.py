r"""Attention: softmax of the products of queries and keys, times the values; and its gradients.

.. math:: y = \alpha v, \qquad \alpha = \mathrm{softmax}(c\, q k^\top)

In NumPy the N x M products of every head are made, and walked through half a dozen times. A twin takes a block of queries through
everything while its products are in the second cache, keys down and queries across: so the largest product of a query, and the
sum of its exponentials, are found for many queries at a time. It never has more than a block, and the way back computes the
weights anew.
"""
import numpy as np

from .arguments import fitting
from .exponential import exp
from .jit import compilable, jit, kernel
from .matmul import _tiles
from .threads import share_out
from .vector import clear, lanes

__all__ = ["attend", "attend_gradients"]


# References -------------------------------------------------------------------------------------------------------------

def _t(x):
    return np.swapaxes(x, -1, -2)


def _weights(q, k, scale, mask):
    s = scale * q @ _t(k)
    if mask is not None:
        s = np.where(mask, s, -np.inf).astype(s.dtype, copy=False)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _fits(q, k, v, scale, mask=None):
    _attended(q, k, v)
    if mask is not None and mask.shape not in ((1, q.shape[1], k.shape[1]), (len(q), q.shape[1], k.shape[1])):
        raise ValueError(f"attend: mask must be (B, N, M) or (1, N, M) for q (B, N, d) and k (B, M, d), got {mask.shape} for "
                         f"{q.shape} and {k.shape}")


def _gradients_fit(g, y, q, k, v, scale, mask=None):
    _fits(q, k, v, scale, mask)
    _passed(g, y, q, v)


_attended = fitting("attend", "q (B, N, d), k (B, M, d), v (B, M, m)")
_passed = fitting("attend_gradients", "g (B, N, m), y (B, N, m), q (B, N, d), v (B, M, m)")


@kernel(check=_fits)
def attend(q, k, v, scale, mask=None):
    """q (B, N, d), k (B, M, d), v (B, M, m) -> (B, N, m); mask (B or 1, N, M), True where a query may look."""
    return _weights(q, k, scale, mask) @ v


@kernel(check=_gradients_fit)
def attend_gradients(g, y, q, k, v, scale, mask=None):
    """What `attend`, whose result was y, passes back to q, k and v.

    A softmax passes back, of what comes to it, alpha times the difference from the mean under alpha; what comes is g v', and its
    mean is sum_j alpha_j (g v_j) = g y.
    """
    alpha = _weights(q, k, scale, mask)
    back = scale * alpha * (g @ _t(v) - np.sum(g * y, axis=-1, keepdims=True))
    return back @ k, _t(back) @ q, _t(alpha) @ g


# Twins ------------------------------------------------------------------------------------------------------------------

QUERIES = 128            # a block: with a hundred keys of 16 numbers its products are 64 kB
KEYS = 256               # a sum goes over so many at a time: float32 would lose digits in one of thousands
SMALL = 2**15            # so few products are faster on one thread than on several that have to be woken


@jit
def _turn(x, scale, out):
    """out = scale x', with zeros where out is larger."""
    clear(out)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[j, i] = scale * x[i, j]


@jit
def _widen(x, out):
    """out = x, with zeros where out is wider."""
    clear(out)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j]


@jit(fastmath={"contract"})
def _exponentials(s, top, total):
    """s = exp(s - largest of its column), and the sums of its columns."""
    part = np.empty_like(total)
    for i in range(len(top)):
        top[i], total[i] = s[0, i], 0
    for j in range(1, s.shape[0]):
        for i in range(len(top)):
            top[i] = s[j, i] if s[j, i] > top[i] else top[i]
    for first in range(0, s.shape[0], KEYS):
        clear(part)
        for j in range(first, min(first + KEYS, s.shape[0])):
            for i in range(len(top)):
                s[j, i] = exp(s[j, i] - top[i])
            for i in range(len(top)):
                part[i] += s[j, i]
        for i in range(len(top)):
            total[i] += part[i]


@jit
def _products(k, qt, mask, first, s):
    """Keys down, queries across: s = k q', and -inf where the mask hides a key."""
    _tiles(k, qt, s)
    if mask.size:
        hidden = s.dtype.type(-np.inf)
        for i in range(s.shape[1]):
            for j in range(s.shape[0]):
                if not mask[first + i, j]:
                    s[j, i] = hidden


@jit
def _over_keys(x, scale, s, out):
    """out = scale x' s, a block of keys after the other."""
    clear(out)
    part = np.empty_like(out)
    for first in range(0, s.shape[0], KEYS):
        some = x[first:first + KEYS]
        turned = np.empty((x.shape[1], some.shape[0]), x.dtype)
        _turn(some, scale, turned)
        _tiles(turned, s[first:first + KEYS], part)
        for c in range(out.shape[0]):
            for i in range(out.shape[1]):
                out[c, i] += part[c, i]


@jit
def _attend_heads(low, high, q, k, v, scale, mask, y):
    (_, N, d), M, m = q.shape, k.shape[1], v.shape[2]
    for b in range(low, high):
        for first in range(0, N, QUERIES):
            n = min(QUERIES, N - first)
            qt, s, yt = np.empty((d, n), q.dtype), np.empty((M, n), q.dtype), np.empty((m, n), q.dtype)
            top, total = np.empty(n, q.dtype), np.empty(n, q.dtype)
            _turn(q[b, first:first + n], scale, qt)
            _products(k[b], qt, mask[b % len(mask)], first, s)
            _exponentials(s, top, total)
            _over_keys(v[b], q.dtype.type(1), s, yt)
            for i in range(n):
                for c in range(m):
                    y[b, first + i, c] = yt[c, i] / total[i]


@jit
def _gradients_of_heads(low, high, g, y, q, k, v, scale, mask, dq, dk, dv):
    (_, N, d), M, m, wide = q.shape, k.shape[1], v.shape[2], 2 * lanes(q)
    one = q.dtype.type(1)
    to_k, to_v = np.empty((M, max(d, wide)), q.dtype), np.empty((M, max(m, wide)), q.dtype)      # as wide as a tile of a product
    for b in range(low, high):
        clear(dk[b])
        clear(dv[b])
        for first in range(0, N, QUERIES):
            n = min(QUERIES, N - first)
            qt, gt, dqt = np.empty((d, n), q.dtype), np.empty((m, n), q.dtype), np.empty((d, n), q.dtype)
            s, back = np.empty((M, n), q.dtype), np.empty((M, n), q.dtype)
            wide_q, wide_g = np.empty((n, to_k.shape[1]), q.dtype), np.empty((n, to_v.shape[1]), q.dtype)
            top, total, mean = np.empty(n, q.dtype), np.empty(n, q.dtype), np.zeros(n, q.dtype)
            _turn(q[b, first:first + n], scale, qt)
            _turn(g[b, first:first + n], one, gt)
            _widen(q[b, first:first + n], wide_q)
            _widen(g[b, first:first + n], wide_g)
            for i in range(n):
                for c in range(m):
                    mean[i] += g[b, first + i, c] * y[b, first + i, c]
            _products(k[b], qt, mask[b % len(mask)], first, s)
            _exponentials(s, top, total)
            _tiles(v[b], gt, back)
            for j in range(M):
                for i in range(n):
                    s[j, i] /= total[i]                                   # alpha
                    back[j, i] = s[j, i] * (back[j, i] - mean[i])
            _over_keys(k[b], scale, back, dqt)
            _tiles(back, wide_q, to_k)
            _tiles(s, wide_g, to_v)
            for i in range(n):
                for c in range(d):
                    dq[b, first + i, c] = dqt[c, i]
            for j in range(M):
                for c in range(d):
                    dk[b, j, c] += scale * to_k[j, c]
                for c in range(m):
                    dv[b, j, c] += to_v[j, c]


def _ready(*arrays):
    """Contiguous and writable, so that one version is compiled."""
    return [np.require(a, requirements=["C", "A", "W"]) for a in arrays]


_NO_MASK = np.zeros((1, 0, 0), bool)


@attend.numba
def _(q, k, v, scale, mask=None):
    if not compilable(q, k, v):
        return attend.reference(q, k, v, scale, mask)
    q, k, v, mask = _ready(q, k, v, _NO_MASK if mask is None else mask)
    y, scale = np.empty((*q.shape[:2], v.shape[2]), q.dtype), q.dtype.type(scale)
    share_out(_attend_heads, len(q), q, k, v, scale, mask, y, alone=len(q) * q.shape[1] * k.shape[1] < SMALL)
    return y


@attend_gradients.numba
def _(g, y, q, k, v, scale, mask=None):
    if not compilable(g, y, q, k, v):
        return attend_gradients.reference(g, y, q, k, v, scale, mask)
    g, y, q, k, v, mask = _ready(g, y, q, k, v, _NO_MASK if mask is None else mask)
    results, scale = [np.empty_like(a) for a in (q, k, v)], q.dtype.type(scale)
    share_out(_gradients_of_heads, len(q), g, y, q, k, v, scale, mask, *results,
              alone=len(q) * q.shape[1] * k.shape[1] < SMALL)
    return tuple(results)
