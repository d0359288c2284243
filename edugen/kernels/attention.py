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
    (S, H, N, _), M = q.shape, k.shape[2]
    if mask is not None and mask.shape not in [(s, h, N, M) for s in (1, S) for h in (1, H)]:
        raise ValueError("attend: mask must be (S or 1, H or 1, N, M) for q (S, H, N, d) and k (S, H, M, d), got "
                         f"{mask.shape} for {q.shape} and {k.shape}")


def _gradients_fit(g, y, q, k, v, scale, mask=None):
    _fits(q, k, v, scale, mask)
    _passed(g, y, q, v)


_attended = fitting("attend", "q (S, H, N, d), k (S, H, M, d), v (S, H, M, m)")
_passed = fitting("attend_gradients", "g (S, H, N, m), y (S, H, N, m), q (S, H, N, d), v (S, H, M, m)")


@kernel(check=_fits)
def attend(q, k, v, scale, mask=None):
    """Of S sets and H heads, q (S, H, N, d), k (S, H, M, d), v (S, H, M, m) -> (S, H, N, m).

    mask (S or 1, H or 1, N, M) is True where a query may look.
    """
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
SMALL = 2**15            # products of a query and a key; fewer are one thread's


@jit
def _turn(x, scale, out):
    """out = scale x', or of the first columns of x, as many as out has rows."""
    for i in range(out.shape[1]):
        for j in range(out.shape[0]):
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


@jit(writes="y")
def _attend_heads(low, high, q, k, v, scale, mask, y):
    """Heads low..high, those of the first set first; y (S, N, H, m): what is next put side by side is so already."""
    (_, H, N, d), M, m = q.shape, k.shape[2], v.shape[3]
    keys, values = np.empty((M, d), y.dtype), np.empty((M, m), y.dtype)
    for head in range(low, high):
        s, h = head // H, head % H
        _widen(k[s, h], keys)
        _widen(v[s, h], values)
        for first in range(0, N, QUERIES):
            n = min(QUERIES, N - first)
            queries, qt, a = np.empty((n, d), y.dtype), np.empty((d, n), y.dtype), np.empty((M, n), y.dtype)
            yt, top, total = np.empty((m, n), y.dtype), np.empty(n, y.dtype), np.empty(n, y.dtype)
            _widen(q[s, h, first:first + n], queries)
            _turn(queries, scale, qt)
            _products(keys, qt, mask[s % mask.shape[0], h % mask.shape[1]], first, a)
            _exponentials(a, top, total)
            _over_keys(values, y.dtype.type(1), a, yt)
            for i in range(n):
                for c in range(m):
                    y[s, first + i, h, c] = yt[c, i] / total[i]


@jit(writes="dq dk dv")
def _gradients_of_heads(low, high, g, y, q, k, v, scale, mask, dq, dk, dv):
    """The same; dq (S, N, H, d), dk (S, M, H, d), dv (S, M, H, m)."""
    (_, H, N, d), M, m, wide = q.shape, k.shape[2], v.shape[3], 2 * lanes(dq)
    zero, one = dq.dtype.type(0), dq.dtype.type(1)
    keys, values = np.empty((M, d), dq.dtype), np.empty((M, m), dq.dtype)
    to_k, to_v = np.empty((M, max(d, wide)), dq.dtype), np.empty((M, max(m, wide)), dq.dtype)    # as wide as a tile of a product
    for head in range(low, high):
        s, h = head // H, head % H
        _widen(k[s, h], keys)
        _widen(v[s, h], values)
        for first in range(0, N, QUERIES):
            n = min(QUERIES, N - first)
            qt, gt, dqt = np.empty((d, n), dq.dtype), np.empty((m, n), dq.dtype), np.empty((d, n), dq.dtype)
            a, back = np.empty((M, n), dq.dtype), np.empty((M, n), dq.dtype)
            wide_q, wide_g = np.empty((n, to_k.shape[1]), dq.dtype), np.empty((n, to_v.shape[1]), dq.dtype)
            top, total, mean = np.empty(n, dq.dtype), np.empty(n, dq.dtype), np.zeros(n, dq.dtype)
            _widen(q[s, h, first:first + n], wide_q)
            _widen(g[s, h, first:first + n], wide_g)
            _turn(wide_q, scale, qt)
            _turn(wide_g, one, gt)
            for i in range(n):
                for c in range(m):
                    mean[i] += gt[c, i] * y[s, h, first + i, c]
            _products(keys, qt, mask[s % mask.shape[0], h % mask.shape[1]], first, a)
            _exponentials(a, top, total)
            _tiles(values, gt, back)
            for j in range(M):
                for i in range(n):
                    a[j, i] /= total[i]                                   # alpha
                    back[j, i] = a[j, i] * (back[j, i] - mean[i])
            _over_keys(keys, scale, back, dqt)
            _tiles(back, wide_q, to_k)
            _tiles(a, wide_g, to_v)
            for i in range(n):
                for c in range(d):
                    dq[s, first + i, h, c] = dqt[c, i]
            for j in range(M):
                for c in range(d):
                    dk[s, j, h, c] = scale * to_k[j, c] + (dk[s, j, h, c] if first else zero)
                for c in range(m):
                    dv[s, j, h, c] = to_v[j, c] + (dv[s, j, h, c] if first else zero)


_NO_MASK = np.zeros((1, 1, 0, 0), bool)


def _aligned(*arrays):
    return [np.require(a, requirements=["A"]) for a in arrays]


def _shared(work, q, k, *rest):
    """The work for all heads of all sets; few products are faster on one thread than on several that have to be woken."""
    heads = q.shape[0] * q.shape[1]
    share_out(work, heads, *rest, alone=heads * q.shape[2] * k.shape[2] < SMALL)


@attend.numba
def _(q, k, v, scale, mask=None):
    if not compilable(q, k, v):
        return attend.reference(q, k, v, scale, mask)
    q, k, v, mask = _aligned(q, k, v, _NO_MASK if mask is None else mask)
    S, H, N, _ = q.shape
    y = np.empty((S, N, H, v.shape[3]), q.dtype)
    _shared(_attend_heads, q, k, q, k, v, q.dtype.type(scale), mask, y)
    return y.swapaxes(1, 2)


@attend_gradients.numba
def _(g, y, q, k, v, scale, mask=None):
    if not compilable(g, y, q, k, v):
        return attend_gradients.reference(g, y, q, k, v, scale, mask)
    g, y, q, k, v, mask = _aligned(g, y, q, k, v, _NO_MASK if mask is None else mask)
    results = [np.empty((each.shape[0], each.shape[2], each.shape[1], each.shape[3]), q.dtype) for each in (q, k, v)]
    _shared(_gradients_of_heads, q, k, g, y, q, k, v, q.dtype.type(scale), mask, *results)
    return tuple(each.swapaxes(1, 2) for each in results)
