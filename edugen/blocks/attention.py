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

from edugen.autodiff import Tensor, attend, attention_weights, layer_norm, linear, primitive, rule
from edugen.autodiff.ops.attention import checked, checked_mask

from .linear import Linear, check_counts, check_parameters, floating, glorot, is_count

__all__ = ["AttentionBlock", "Cache", "MultiHead", "attend", "attend_lean", "attention_weights", "causal_mask"]


# For sequences --------------------------------------------------------------------------------------------------------------

def causal_mask(T: int) -> np.ndarray:
    """Array (T, T) of bool: item i may look at those up to itself.

    Examples
    --------
    >>> causal_mask(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    if not isinstance(T, (int, np.integer)) or T < 0:
        raise ValueError(f"causal_mask: T must say how many items there are, a whole number from 0 on, got {T!r}")
    return np.tri(T, dtype=bool)


def _t(x):
    return np.swapaxes(x, -1, -2)


# The same in little memory ------------------------------------------------------------------------------------------------

def attend_lean(q: Any, k: Any, v: Any, causal: bool = False, scale: float = 1.0, block: int = 256) -> Any:
    r"""`attend` for long sequences: no array of size N M is made, neither forward nor back.

    This is the online softmax of FlashAttention (Dao et al. 2022).
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

    Raises
    ------
    ValueError, TypeError
        As `attend`; for causal=True and another number of keys than queries; for a mask in the place of `causal`.

    Examples
    --------
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1000, 4))
    >>> bool(np.allclose(attend_lean(q, k, v, causal=True), attend(q, k, v, causal_mask(1000))))
    True
    """
    q, k, v = checked("attend_lean", q, k, v)
    if not isinstance(causal, (bool, np.bool_)):
        raise TypeError(f"attend_lean: causal must be True or False, got {type(causal).__name__}; it is attend that takes a mask")
    if not math.isfinite(scale):
        raise ValueError(f"attend_lean: scale must be a finite number, got {scale}")
    if causal and q.shape[-2] != k.shape[-2]:
        raise ValueError(f"attend_lean: causal=True needs as many queries as keys, got {q.shape[-2]} and {k.shape[-2]}")
    check_counts("attend_lean", block=block)
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
        Whether products are divided by :math:`\sqrt d` (Vaswani et al. 2017), so that of independent numbers of mean 0 and
        variance 1 they have variance 1, and no softmax is near one-hot before anything was learned. The lecture doesn't, (3.26):
        say False.
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
        if not (is_count(self.n) and is_count(self.heads) and (self.d is None or is_count(self.d))):
            raise ValueError(f"MultiHead: n, heads and d must be integers, at least 1, got {self.n!r}, {self.heads!r} and "
                             f"{self.d!r}")
        if self.d is None and self.n % self.heads:
            raise ValueError(f"MultiHead: {self.heads} heads don't divide n = {self.n}; say how large one is, d = ...")

    @property
    def size(self) -> int:
        """Numbers in a query, key or value of one head."""
        return self.d or self.n // self.heads

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Weights Q, K, V (n, heads d) at random, each head's as if it were alone; biases q, k, v (heads d,) of zero."""
        rng, dtype, theta = np.random.default_rng(rng), floating(dtype), {}
        for name in "QKV":
            theta[name] = np.concatenate([glorot(rng, self.n, self.size) for _ in range(self.heads)], axis=1).astype(dtype)
            theta[name.lower()] = np.zeros(self.heads * self.size, dtype)
        return theta

    def __call__(self, theta: dict[str, Any], x: Any, mask: Any = None, memory: Any = None) -> Any:
        """Items (..., N, n) to (..., N, heads d): with `memory` cross-attention, without it self-attention.

        `memory` holds items (..., M, n): those are what is looked at, and x only asks. `mask` is as in `attend`, one for all
        heads. For a batch of sequences filled up to a common length, with a mask (B, T) of items that count, say
        mask[:, None, :]. What is hidden must be finite all the same, as 0 times NaN is NaN.
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
        if not (cache is None or isinstance(cache, Cache)):
            raise TypeError(f"{self}: cache must be what the step before returned, a Cache, or None at first, got "
                            f"{type(cache).__name__}")
        x, past = np.expand_dims(_item(self, x, self.n), -2), 0 if cache is None else cache.k.shape[-2]
        q, k, v = self._parts(theta, x, None, past)
        if cache is not None:
            if cache.k.shape[:-2] != k.shape[:-2] or cache.k.shape[-1] != self.size:
                raise ValueError(f"{self}: for x {x[..., 0, :].shape} a cache holds keys {k.shape[:-2]} by t by {self.size}, got "
                                 f"{cache.k.shape}; is it another batch's? None begins anew")
            k, v = np.concatenate([cache.k, k], axis=-2), np.concatenate([cache.v, v], axis=-2)
        return self._joined(attend(q, k, v, scale=self._scale))[..., 0, :], Cache(k, v)

    @property
    def _scale(self):
        return 1 / math.sqrt(self.size) if self.scaled else 1.0

    def _parts(self, theta, x, memory, start=0):
        m = self.heads * self.size
        check_parameters(self, theta, Q=(self.n, m), q=(m,), K=(self.n, m), k=(m,), V=(self.n, m), v=(m,))
        kinds = {name: getattr(part, "dtype", type(part)) for name, part in theta.items()}
        if len(set(kinds.values())) > 1 or type in map(type, kinds.values()):
            raise TypeError(f"{self}: parameters must be arrays of one precision, got "
                            + ", ".join(f"{name} of {kind}" for name, kind in kinds.items()))
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
        mask = checked_mask(f"{self}", mask, q[..., 0, :, :], k[..., 0, :, :])
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
        return self._after(theta, x, self.attention(self._heads(theta), x, mask, memory))

    def weights(self, theta: dict[str, Any], x: Any, mask: Any = None, memory: Any = None) -> Any:
        """Who looks where: array (..., heads, N, M)."""
        return self.attention.weights(self._heads(theta), x, mask, memory)

    def step(self, theta: dict[str, Any], x: Any, cache: Cache | None = None) -> tuple[Any, Cache]:
        """One more item (..., n) of a sequence, and the cache with it added; see `MultiHead.step`."""
        y, cache = self.attention.step(self._heads(theta), x, cache)
        return self._after(theta, x, y), cache

    def _heads(self, theta):
        """The heads' parameters; theta must hold what the block needs."""
        names = [*self._layers(), "gain", "bias"] + ["gain_2", "bias_2"] * (self.hidden is not None)
        if not isinstance(theta, dict) or not set(names) <= set(theta):
            found = ", ".join(map(str, theta)) if isinstance(theta, dict) else f"a {type(theta).__name__}"
            raise ValueError(f"{self}: its parameters are a dict of {', '.join(names)}, got {found}; are they another block's?")
        return theta["heads"]

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
