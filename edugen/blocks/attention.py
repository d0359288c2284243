r"""Attention: what a set of items makes of each of its items, whatever their order.  Cho §3.4, (3.23) to (3.29).

An item asks a question, its query, of all items' keys; how well they match says how much of each value it gets:

.. math:: \hat v_i = \sum_j \alpha_i^j v_j, \qquad \alpha_i = \mathrm{softmax}_j(q_i^\top k_j).

Sets and sequences are arrays (..., N, n), an item a row. Nothing here knows where an item stands, unless it is told by a mask or
by `position`: items in another order give the same results in that order.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edugen.autodiff import Tensor, layer_norm, linear, primitive, rule, softmax

from .linear import Linear, glorot

__all__ = ["AttentionBlock", "Cache", "MultiHead", "attend", "attend_lean", "attention_weights", "causal_mask"]


# Attention itself ---------------------------------------------------------------------------------------------------------

def attend(q: Any, k: Any, v: Any, mask: Any = None, scale: float = 1.0) -> Any:
    r"""For each query the mean of the values, weighted by how well their keys match.  Cho (3.26), (3.27).

    Parameters
    ----------
    q : array (..., N, d), queries
    k : array (..., M, d), keys
    v : array (..., M, m), values; axes before the last two broadcast
    mask : array of bool that broadcasts to (..., N, M), True where a query may look; None for everywhere
    scale : float, times the products :math:`q_i^\top k_j`

    Returns
    -------
    array (..., N, m)

    Raises
    ------
    ValueError
        Shapes that don't fit, no items, or a mask that hides everything from a query.
    TypeError
        Numbers that aren't floating or not all of one precision, or a mask that isn't of booleans.

    Examples
    --------
    >>> k, v = np.eye(2), np.array([[1.0], [2.0]])
    >>> attend(np.array([[0.0, 0.0], [0.0, 50.0]]), k, v)               # one that asks nothing, and one that knows what it wants
    array([[1.5],
           [2. ]])
    """
    q, k, v = _checked("attend", q, k, v)
    return _attend(q, k, v, mask=_checked_mask("attend", mask, q, k), scale=float(scale))


def attention_weights(q: Any, k: Any, mask: Any = None, scale: float = 1.0) -> Any:
    r"""The weights :math:`\alpha_i^j` of `attend`: array (..., N, M), whose rows sum to one.  Cho (3.26).

    Examples
    --------
    >>> attention_weights(np.array([[1.0]]), np.array([[0.0], [np.log(3.0)]]))
    array([[0.25, 0.75]])
    """
    q, k, _ = _checked("attention_weights", q, k, k)
    return _weights(q, k, _checked_mask("attention_weights", mask, q, k), float(scale))


def causal_mask(T: int) -> np.ndarray:
    """Array (T, T) of bool: item i may look at those up to itself.

    Examples
    --------
    >>> causal_mask(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    return np.tri(T, dtype=bool)


def _t(x):
    return np.swapaxes(x, -1, -2)


def _weights(q, k, mask, scale):
    s = (q if scale == 1 else scale * q) @ _t(k)
    return softmax(s if mask is None else s + np.where(mask, 0, -np.inf).astype(q.dtype))        # (3.26); exp(-inf) is 0


def _means(mask, scale, q, k, v):
    return _weights(q, k, mask, scale) @ v                                        # (3.27)


def _gradients(mask, scale, g, y, q, k, v):
    alpha, back, mean = _weights(q, k, mask, scale), g @ _t(v), np.sum(g * y, axis=-1, keepdims=True)
    if any(type(each) is Tensor for each in (alpha, back, mean)):
        back = alpha * (back - mean)
    else:                                                                         # the same in place, for it is large
        back -= mean
        back *= alpha
    return scale * (back @ k), scale * (_t(back) @ q), _t(alpha) @ g


@primitive
def _attend(q, k, v, mask=None, scale=1.0):
    return _in_parts(_means, mask, scale, q, k, v)


# With s = scale q k', alpha = softmax(s) and y = alpha v: alpha's cotangent is g v', and a softmax passes back, of what comes to
# it, alpha times the difference from the mean under alpha. That mean is sum_j alpha_j (g v_j) = g y: no sum over items.
# The weights are computed anew: they are M numbers for each query, and would be the largest thing that is kept.

@rule(_attend, "first")
def _(g, y, q, k, v, mask=None, scale=1.0):
    return _in_parts(_gradients, mask, scale, g, y, q, k, v)


@rule(_attend, 0)
def _(g, y, q, k, v, mask=None, scale=1.0):
    return g[0]


@rule(_attend, 1)
def _(g, y, q, k, v, mask=None, scale=1.0):
    return g[1]


@rule(_attend, 2)
def _(g, y, q, k, v, mask=None, scale=1.0):
    return g[2]


CACHE = 2**18                                                                     # weights that are computed at a time: 1 MB


def _in_parts(f, mask, scale, *arrays):
    """f of some sets of a batch at a time: their weights stay in the cache, and it takes two thirds of the time."""
    *_, q, k, _ = arrays
    count, share = len(q), math.prod(q.shape[1:-1]) * k.shape[-2]
    alike = all(type(each) is np.ndarray and each.ndim == q.ndim > 2 and len(each) == count for each in arrays)
    if not alike or (mask is not None and mask.ndim == q.ndim) or count * share <= CACHE:
        return f(mask, scale, *arrays)
    step = max(1, CACHE // share)
    parts = [f(mask, scale, *(each[start:start + step] for each in arrays)) for start in range(0, count, step)]
    return tuple(map(np.concatenate, zip(*parts, strict=True))) if type(parts[0]) is tuple else np.concatenate(parts)


# The same in little memory ------------------------------------------------------------------------------------------------

def attend_lean(q: Any, k: Any, v: Any, causal: bool = False, scale: float = 1.0, block: int = 256) -> Any:
    r"""`attend` for long sequences: no array of size N M is made, neither forward nor back (Dao et al. 2022).

    A block of queries meets the keys block by block. Of those met so far it keeps the largest product, the sum of exponentials
    relative to it and the weighted sum of values; a larger product shrinks both sums. The way back computes the weights of one
    block of queries and keys at a time anew, for which the logarithm of the sum of each query is all that has to be known.
    Gradients of gradients work, and are not lean: what they record is of size N M.

    Parameters
    ----------
    q, k, v, scale : as in `attend`
    causal : bool, whether query i sees the keys up to i alone; then N = M
    block : int, how many queries and keys meet at a time

    Returns
    -------
    array (..., N, m)

    Examples
    --------
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1000, 4))
    >>> bool(np.allclose(attend_lean(q, k, v, causal=True), attend(q, k, v, causal_mask(1000))))
    True
    """
    q, k, v = _checked("attend_lean", q, k, v)
    if causal and q.shape[-2] != k.shape[-2]:
        raise ValueError(f"attend_lean: causal=True needs as many queries as keys, got {q.shape[-2]} and {k.shape[-2]}")
    if block < 1:
        raise ValueError(f"attend_lean: block must be at least 1, got {block}")
    return _lean(q, k, v, causal=causal, scale=float(scale), block=block)[..., :-1]


@primitive
def _lean(q, k, v, causal=False, scale=1.0, block=256):
    """The result, and in a last column the log of the sum of exponentials: the way back needs it."""
    rows = []
    for at in _blocks(q, block):
        top, total, y = -np.inf, 0.0, np.zeros(1, q.dtype)
        for to in _blocks(k, block, at if causal else None):
            s = _scores(q[..., at, :], k[..., to, :], causal and at == to, scale)
            new = np.maximum(top, np.max(s, axis=-1, keepdims=True))
            e, shrink = np.exp(s - new), np.exp(top - new)                        # all finite: a query sees some key at once
            total, y, top = total * shrink + np.sum(e, axis=-1, keepdims=True), y * shrink + e @ v[..., to, :], new
        rows.append(np.concatenate([y / total, np.broadcast_to(top + np.log(total), y.shape[:-1] + (1,))], axis=-1))
    return np.concatenate(rows, axis=-2)


@rule(_lean, "first")
def _(g, y, q, k, v, causal=False, scale=1.0, block=256):
    g, log_total, mean = g[..., :-1], y[..., -1:], np.sum(g[..., :-1] * y[..., :-1], axis=-1, keepdims=True) - g[..., -1:]
    ats, tos = _blocks(q, block), _blocks(k, block)
    by_q, by_k, by_v = [0.0] * len(ats), [0.0] * len(tos), [0.0] * len(tos)
    for i, at in enumerate(ats):
        for j, to in enumerate(tos[:i + 1] if causal else tos):
            s = _scores(q[..., at, :], k[..., to, :], causal and at == to, scale)
            alpha = np.exp(s - log_total[..., at, :])
            back = scale * alpha * (g[..., at, :] @ _t(v[..., to, :]) - mean[..., at, :])     # as in attend, block by block
            by_q[i] = by_q[i] + back @ k[..., to, :]
            by_k[j] = by_k[j] + _t(back) @ q[..., at, :]
            by_v[j] = by_v[j] + _t(alpha) @ g[..., at, :]
    return tuple(np.concatenate(parts, axis=-2) for parts in (by_q, by_k, by_v))


@rule(_lean, 0)
def _(g, y, q, k, v, causal=False, scale=1.0, block=256):
    return g[0]


@rule(_lean, 1)
def _(g, y, q, k, v, causal=False, scale=1.0, block=256):
    return g[1]


@rule(_lean, 2)
def _(g, y, q, k, v, causal=False, scale=1.0, block=256):
    return g[2]


def _blocks(x, block, until=None):
    """Slices of the items of x; `until` and no further."""
    n = x.shape[-2] if until is None else until.stop
    return [slice(start, min(start + block, n)) for start in range(0, n, block)]


def _scores(q, k, causal, scale):
    s = scale * q @ _t(k)
    return np.where(causal_mask(q.shape[-2]), s, -np.inf) if causal else s


# Blocks -------------------------------------------------------------------------------------------------------------------

class Cache(NamedTuple):
    """Keys (..., heads, t, d) and values of the t items so far: what generating one item after the other needs of the past."""

    k: Any
    v: Any


@dataclass(frozen=True)
class MultiHead:
    r"""Several attention heads, each with queries, keys and values of its own; results side by side.  Cho (3.23) to (3.28).

    Parameters
    ----------
    n : int, numbers in an item
    heads : int, K
    d : int, numbers in a query, a key and a value of a head; n / heads by default
    scaled : bool
        Whether products are divided by :math:`\sqrt d` (Vaswani et al. 2017), so that of independent numbers of variance 1 they
        have variance 1, and no softmax is near one-hot before anything was learned. The lecture doesn't, (3.26): say False.
    position : function, optional
        Of queries or keys (..., heads, N, d) and their positions (N,), to as many, by which they are marked.

    Raises
    ------
    ValueError
        Sizes below 1, or heads that don't divide n when d isn't given.

    Examples
    --------
    >>> block = MultiHead(8, 2)
    >>> theta = block.init(0)
    >>> x = np.random.default_rng(1).normal(size=(5, 8))
    >>> block(theta, x).shape, block.weights(theta, x).shape
    ((5, 8), (2, 5, 5))
    >>> bool(np.allclose(block(theta, x[::-1]), block(theta, x)[::-1]))
    True
    """

    n: int
    heads: int
    d: int | None = None
    scaled: bool = True
    position: Callable[[Any, Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.n < 1 or self.heads < 1 or (self.d is not None and self.d < 1):
            raise ValueError(f"MultiHead: n, heads and d must be at least 1, got {self.n}, {self.heads} and {self.d}")
        if self.d is None and self.n % self.heads:
            raise ValueError(f"MultiHead: {self.heads} heads don't divide n = {self.n}; say how large one is, d = ...")

    @property
    def size(self) -> int:
        """Numbers in a query, key or value of one head."""
        return self.d or self.n // self.heads

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Weights Q, K, V (n, heads d) at random, each head's as if it were alone; biases q, k, v (heads d,) of zero."""
        rng, theta = np.random.default_rng(rng), {}
        for name in "QKV":
            theta[name] = np.concatenate([glorot(rng, self.n, self.size) for _ in range(self.heads)], axis=1).astype(dtype)
            theta[name.lower()] = np.zeros(self.heads * self.size, dtype)
        return theta

    def __call__(self, theta: dict[str, Any], x: Any, mask: Any = None, memory: Any = None) -> Any:
        """Items (..., N, n) to (..., N, heads d); `mask` as in `attend`, one for all heads.

        With `memory`, items (..., M, n), those are what is looked at, and x only asks.
        """
        q, k, v = self._parts(theta, x, memory)
        return self._joined(attend(q, k, v, self._mask(mask, q, k), self._scale))

    def weights(self, theta: dict[str, Any], x: Any, mask: Any = None, memory: Any = None) -> Any:
        """Who looks where: array (..., heads, N, M)."""
        q, k, _ = self._parts(theta, x, memory)
        return attention_weights(q, k, self._mask(mask, q, k), self._scale)

    def step(self, theta: dict[str, Any], x: Any, cache: Cache | None = None) -> tuple[Any, Cache]:
        """One more item (..., n) of a sequence, that sees itself and those before it: its result, and the cache with it added.

        As many steps give what the block gives of the whole with `causal_mask`. `cache` is None for the first.
        """
        x, past = np.expand_dims(_item(self, x, self.n), -2), 0 if cache is None else cache.k.shape[-2]
        q, k, v = self._parts(theta, x, None, past)
        if cache is not None:
            k, v = np.concatenate([cache.k, k], axis=-2), np.concatenate([cache.v, v], axis=-2)
        return self._joined(attend(q, k, v, scale=self._scale))[..., 0, :], Cache(k, v)

    @property
    def _scale(self):
        return 1 / math.sqrt(self.size) if self.scaled else 1.0

    def _parts(self, theta, x, memory, start=0):
        x = _items(self, "x", x, self.n, theta["Q"])
        seen = x if memory is None else _items(self, "memory", memory, self.n, theta["Q"])
        q = self._split(linear(x, theta["Q"], theta["q"]))                        # (3.24)
        k = self._split(linear(seen, theta["K"], theta["k"]))                     # (3.23)
        v = self._split(linear(seen, theta["V"], theta["v"]))                     # (3.25)
        if self.position is not None:
            q, k = (self.position(each, start + np.arange(each.shape[-2])) for each in (q, k))
        return q, k, v

    def _split(self, x):
        """Each head's part: (..., N, heads d) to (..., heads, N, d)."""
        return np.swapaxes(np.reshape(x, x.shape[:-1] + (self.heads, self.size)), -2, -3)

    def _joined(self, y):
        y = np.swapaxes(y, -2, -3)
        return np.reshape(y, y.shape[:-2] + (self.heads * self.size,))            # (3.28)

    def _mask(self, mask, q, k):
        if mask is None:
            return None
        mask = _checked_mask(f"{self}", mask, q[..., 0, :, :], k[..., 0, :, :])
        return mask[..., None, :, :] if mask.ndim > 2 else mask                   # for every head


@dataclass(frozen=True)
class AttentionBlock:
    r"""Attention heads, a layer of units, a layer normalization, and what came in added.  Cho (3.29).

    .. math:: h_i = F_{\text{layer-norm}}(F_{\text{linear}}^\sigma(\hat v_i; \theta_h); \theta_l)
        + F_{\text{linear}}(x_i; \theta_r)

    With as many outputs as inputs :math:`\theta_r = (I, 0)`, and x is added as it is; otherwise :math:`\theta_r` is learned.

    Parameters
    ----------
    n, heads, d, scaled, position : as in `MultiHead`
    hidden : int, optional
        Units of a feed-forward part, for each item by itself, that is added in the same way afterwards: h plus the layer
        normalization of a layer of `hidden` units and a linear one.
    m : int, outputs; n by default
    sigma : str, a key of `NONLINEARITIES`

    Examples
    --------
    >>> block = AttentionBlock(8, heads=2, hidden=16)
    >>> theta = block.init(0)
    >>> block(theta, np.ones((3, 5, 8))).shape                          # three sets of five items
    (3, 5, 8)
    >>> x = np.random.default_rng(1).normal(size=(4, 8))
    >>> still = theta | {name: 0 * theta[name] for name in ("gain", "bias", "gain_2", "bias_2")}
    >>> bool(np.all(block(still, x) == x))                              # the identity path
    True
    """

    n: int
    heads: int
    hidden: int | None = None
    m: int | None = None
    d: int | None = None
    sigma: str = "relu"
    scaled: bool = True
    position: Callable[[Any, Any], Any] | None = None

    def __post_init__(self) -> None:
        self._layers()                                                            # each says what is wrong with it

    @property
    def attention(self) -> MultiHead:
        """The heads; their parameters are theta["heads"]."""
        return MultiHead(self.n, self.heads, self.d, self.scaled, self.position)

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, Any]:
        """A dict: `heads`, the layer `h`, `gain` and `bias` (m,); `r` where m is not n; `inner`, `outer`, `gain_2`, `bias_2`."""
        layers, m = self._layers(), self._outputs
        theta = {name: block.init(each, dtype) for (name, block), each in
                 zip(layers.items(), np.random.default_rng(rng).spawn(len(layers)), strict=True)}
        for end in ("",) if self.hidden is None else ("", "_2"):
            theta |= {"gain" + end: np.ones(m, dtype), "bias" + end: np.zeros(m, dtype)}
        return theta

    def __call__(self, theta: dict[str, Any], x: Any, mask: Any = None, memory: Any = None) -> Any:
        """Items (..., N, n) to (..., N, m); `mask` and `memory` as in `MultiHead`."""
        return self._after(theta, x, self.attention(theta["heads"], x, mask, memory))

    def weights(self, theta: dict[str, Any], x: Any, mask: Any = None, memory: Any = None) -> Any:
        """Who looks where: array (..., heads, N, M)."""
        return self.attention.weights(theta["heads"], x, mask, memory)

    def step(self, theta: dict[str, Any], x: Any, cache: Cache | None = None) -> tuple[Any, Cache]:
        """One more item (..., n) of a sequence, and the cache with it added; see `MultiHead.step`."""
        y, cache = self.attention.step(theta["heads"], x, cache)
        return self._after(theta, x, y), cache

    @property
    def _outputs(self):
        return self.n if self.m is None else self.m

    def _layers(self):
        m, heads = self._outputs, self.attention
        layers: dict[str, Any] = {"heads": heads, "h": Linear(heads.heads * heads.size, m, self.sigma)}
        if m != self.n:
            layers["r"] = Linear(self.n, m, "identity")
        if self.hidden is not None:
            layers |= {"inner": Linear(m, self.hidden, self.sigma), "outer": Linear(self.hidden, m, "identity")}
        return layers

    def _after(self, theta, x, v_hat):
        layers = self._layers()
        kept = layers["r"](theta["r"], x) if "r" in layers else x                 # theta_r = (I, 0)
        h = layer_norm(layers["h"](theta["h"], v_hat), theta["gain"], theta["bias"]) + kept          # (3.29)
        if self.hidden is None:
            return h
        added = layers["outer"](theta["outer"], layers["inner"](theta["inner"], h))
        return layer_norm(added, theta["gain_2"], theta["bias_2"]) + h


# What came in -------------------------------------------------------------------------------------------------------------

def _checked(caller, q, k, v):
    q, k, v = (each if type(each) is Tensor else np.asarray(each) for each in (q, k, v))
    shapes = f"q {q.shape}, k {k.shape}, v {v.shape}"
    if any(each.dtype.kind != "f" for each in (q, k, v)) or not q.dtype == k.dtype == v.dtype:
        raise TypeError(f"{caller}: q, k and v must be floating numbers of one precision, got {q.dtype}, {k.dtype} and "
                        f"{v.dtype}; x.astype(np.float64) or np.float32 makes them so")
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(f"{caller}: expected q (..., N, d), k (..., M, d) and v (..., M, m), got {shapes}")
    if 0 in (q.shape[-2], k.shape[-2]):
        raise ValueError(f"{caller}: a set must hold at least one item, got {shapes}")
    try:
        np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    except ValueError:
        raise ValueError(f"{caller}: the axes before the last two must broadcast, got {shapes}") from None
    return q, k, v


def _checked_mask(caller, mask, q, k):
    if mask is None:
        return None
    mask, shape = np.asarray(mask), np.broadcast_shapes(q.shape[:-2], k.shape[:-2]) + (q.shape[-2], k.shape[-2])
    if mask.dtype != bool:
        raise TypeError(f"{caller}: mask must hold booleans, True where a query may look, got {mask.dtype}; mask == 1 makes them")
    if mask.ndim > len(shape) or any(a not in (1, b) for a, b in zip(mask.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{caller}: mask must broadcast to {shape}, a row for each query, got shape {mask.shape}")
    sees = np.any(np.atleast_1d(mask), axis=-1)
    if not np.all(sees):
        where = tuple(int(i) for i in np.argwhere(~np.atleast_1d(sees))[0])
        raise ValueError(f"{caller}: mask hides everything from query {where if sees.ndim > 1 else where[0]}, and a mean of "
                         "nothing is no number; let it look at itself, and leave its result out")
    return mask


def _items(block, name, x, n, like):
    x = x if type(x) is Tensor else np.asarray(x)
    if x.ndim < 2 or x.shape[-1] != n:
        raise ValueError(f"{block}: {name} must be an array (..., N, {n}), an item a row, got shape {x.shape}")
    if x.shape[-2] == 0:
        raise ValueError(f"{block}: {name} is an empty set, of shape {x.shape}; it must hold at least one item")
    if x.dtype != like.dtype:
        raise TypeError(f"{block}: {name} is of {x.dtype} and the parameters of {like.dtype}; {name}.astype({like.dtype}), or "
                        "init(rng, dtype) makes them the same")
    return x


def _item(block, x, n):
    x = x if type(x) is Tensor else np.asarray(x)
    if x.ndim < 1 or x.shape[-1] != n:
        raise ValueError(f"{block}: one item must be an array (..., {n}), got shape {x.shape}")
    return x
