r"""Recurrent blocks: one function applied step after step, and a memory that goes along.  Cho §3.3, (3.18)-(3.22).

A sequence goes in, the states after each of its steps come out:

.. math:: h_t = F([x_t, h_{t-1}]; \theta), \qquad t = 1, \dots, T

Sequences are arrays (N, T, n), states (N, T, m), and the first state :math:`h_0` is a parameter like the others. Sequences of
different lengths share an array with a `mask` (N, T): where it is False nothing is read, and the state stays what it was, so
`states[:, -1]` is the last one of a block that reads forward (of `Reversed`, the last state is `[:, 0]`).
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from edugen.autodiff import Tensor, gru, primitive, rule, sigmoid, stop_gradient

from .linear import NONLINEARITIES, check_choice, check_parameters, floating, glorot, is_block, is_count, orthogonal

__all__ = ["GRU", "LSTM", "Bidirectional", "Recurrent", "Reversed", "from_torch", "reverse", "to_torch"]


# A plain recurrent block ----------------------------------------------------------------------------------------------------
# Time comes first in what follows, for it is what the loops go over.

#: The slope of a nonlinearity, from its value.
_SLOPES = {"identity": lambda y: 1, "relu": lambda y: np.greater(y, 0), "tanh": lambda y: 1 - y * y,
           "sigmoid": lambda y: y * (1 - y)}


@primitive
def _recurrent(x, h, W, b, sigma="tanh", mask=None):
    """The states (T, N, m): x (T, N, n), h (N, m), W (n + m, m), mask (T, N, 1)."""
    n, states = x.shape[-1], []
    for t, a in enumerate(x @ W[:n] + b):                                        # of [x, h] W, x's part for all steps at once
        h = _where(mask, t, NONLINEARITIES[sigma](a + h @ W[n:]), h)             # (3.18)
        states.append(h)
    return np.stack(states)


@rule(_recurrent, "first")                            # backpropagation through time: what comes back to a_t = [x_t, h] W + b
def _(g, y, x, h, W, b, sigma="tanh", mask=None):
    carried, da = np.zeros_like(h), []
    for t in reversed(range(len(x))):
        d = g[t] + carried                                                       # directly, and through all later steps
        da.append(_where(mask, t, d * _SLOPES[sigma](y[t]), 0))
        carried = _where(mask, t, da[-1] @ W[x.shape[-1]:].T, d)                 # what was kept comes back as it is
    return np.stack(da[::-1]), carried


@rule(_recurrent, 0)
def _(g, y, x, h, W, b, sigma="tanh", mask=None):
    return g[0] @ W[:x.shape[-1]].T


@rule(_recurrent, 1)
def _(g, y, x, h, W, b, sigma="tanh", mask=None):
    return g[1]                                       # what has come back to the start


@rule(_recurrent, 2)
def _(g, y, x, h, W, b, sigma="tanh", mask=None):
    inputs = np.concatenate([x, np.concatenate([h[None], y[:-1]])], axis=-1)     # [x_t, h_{t-1}]: the same W at every step,
    return np.tensordot(inputs, g[0], ((0, 1), (0, 1)))                          # so their contributions add


@rule(_recurrent, 3)
def _(g, y, x, h, W, b, sigma="tanh", mask=None):
    return g[0]                                       # summed over steps and sequences where the engine undoes broadcasting


@dataclass(frozen=True)
class Recurrent:
    r"""A layer that sees its own last output, :math:`h_t = \sigma(W^\top [x_t, h_{t-1}] + b)`.  Cho (3.18).

    Parameters
    ----------
    n, m : ints, numbers in an input and in a state
    sigma : "tanh", "relu", "sigmoid" or "identity"
    truncated : int k, optional
        Backpropagation through time in chunks: the steps 1 to k, k + 1 to 2k, ... each pass gradients among themselves, and none
        to the chunk before, so that a loss reaches at most k steps back. The states are the same. With k of at least T the
        gradient is the full one.

    Raises
    ------
    ValueError
        A size below 1, a name that is not there; at a call, shapes that don't fit, and a mask that isn't one.
    TypeError
        At a call, numbers that aren't floating or not all of one precision.

    Examples
    --------
    >>> block = Recurrent(2, 3)
    >>> theta = block.init(0)
    >>> {name: array.shape for name, array in theta.items()}
    {'W': (5, 3), 'b': (3,), 'h': (3,)}
    >>> block(theta, np.ones((4, 7, 2))).shape
    (4, 7, 3)
    """

    n: int
    m: int
    sigma: str = "tanh"
    truncated: int | None = None

    def __post_init__(self) -> None:
        _check_sizes(self)
        check_choice("sigma", self.sigma, _SLOPES)

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """W (n + m, m), its part for the state orthogonal; b (m,) and the first state h (m,) of zeros."""
        rng = np.random.default_rng(rng)
        W = np.concatenate([glorot(rng, self.n, self.m), orthogonal(rng, self.m, self.m)])
        return {"W": W.astype(floating(dtype)), "b": np.zeros(self.m, dtype), "h": np.zeros(self.m, dtype)}

    def __call__(self, theta: dict[str, Any], x: Any, mask: Any = None, h: Any = None) -> Any:
        """States (N, T, m) of sequences x (N, T, n), from the state h (N, m) or (m,), or the learned one."""
        def run(x, h, mask):
            return _recurrent(x, h, theta["W"], theta["b"], sigma=self.sigma, mask=mask)
        n, m = self.n, self.m
        x, h = _ready(self, theta, x, {"h": h}, W=(n + m, m), b=(m,), h=(m,))
        return _sweep(self, run, x, mask, h)


# Gates ----------------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class GRU:
    r"""The gated recurrent unit, which decides what to keep.  Cho (3.19)-(3.22).

    .. math::

        h_t &= u_t \odot h_{t-1} + (1 - u_t) \odot \tilde h_t, \qquad u_t = \sigma(W_u^\top x_t + U_u^\top h_{t-1} + b_u) \\
        \tilde h_t &= \tanh(W_h^\top x_t + U_h^\top (r_t \odot h_{t-1}) + b_h), \qquad
        r_t = \sigma(W_r^\top x_t + U_r^\top h_{t-1} + b_r)

    The columns of W, U and b are those of the reset gate r, the update gate u and the candidate, in this order; u = 1 keeps the
    state. The loops and their backward pass stand in `edugen.kernels.gru`.

    Parameters
    ----------
    n, m : ints, numbers in an input and in a state
    remember : float
        The first bias of the update gate. With 0 about half of a state is left after one step, with 1 after two, with 3 after
        fourteen.
    truncated : int, optional, as in `Recurrent`

    Raises
    ------
    ValueError, TypeError
        As `Recurrent`.

    Examples
    --------
    >>> block = GRU(2, 3)
    >>> theta = block.init(0)
    >>> {name: array.shape for name, array in theta.items()}
    {'W': (2, 9), 'U': (3, 9), 'b': (9,), 'h': (3,)}
    >>> mask = np.arange(7) < np.array([[7], [4]])                       # the second sequence has four steps
    >>> states = block(theta, np.ones((2, 7, 2)), mask)
    >>> bool(np.all(states[1, 3:] == states[1, 3]))
    True
    """

    n: int
    m: int
    remember: float = 1.0
    truncated: int | None = None

    def __post_init__(self) -> None:
        _check_sizes(self)

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """W (n, 3m), U (m, 3m) of three orthogonal parts, b (3m,), and the first state h (m,)."""
        return _gated(self, rng, 3, dtype)

    def __call__(self, theta: dict[str, Any], x: Any, mask: Any = None, h: Any = None) -> Any:
        """States (N, T, m) of sequences x (N, T, n), from the state h (N, m) or (m,), or the learned one."""
        def run(x, h, mask):
            b = theta["b"]
            if mask is not None:                                                 # an update gate that is wide open keeps all
                b = np.where(mask | (np.arange(3 * self.m) // self.m != 1), b, np.inf)
            return gru(x, h, theta["W"], theta["U"], b)                          # (3.19) to (3.22)
        n, m = self.n, self.m
        x, h = _ready(self, theta, x, {"h": h}, W=(n, 3 * m), U=(m, 3 * m), b=(3 * m,), h=(m,))
        return _sweep(self, run, x, mask, h)


@primitive
def _lstm(x, s, W, U, b, mask=None):
    """What is shown and what is kept, [h, c], after each step (T, N, 2m): x (T, N, n), s (N, 2m), W (n, 4m), U (m, 4m)."""
    m, states = len(U), []
    for t, a in enumerate(x @ W + b):
        i, f, g, o = _gates(a + s[:, :m] @ U)
        c = f * s[:, m:] + i * g
        s = _where(mask, t, np.concatenate([o * np.tanh(c), c], axis=-1), s)
        states.append(s)
    return np.stack(states)


def _gates(a):
    """Input gate, forget gate, candidate and output gate."""
    i, f, g, o = (a[..., k * a.shape[-1] // 4:(k + 1) * a.shape[-1] // 4] for k in range(4))
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


@rule(_lstm, "first")                                 # through time: what comes back to a_t = x_t W + h U + b, and to [h, c]
def _(g, y, x, s, W, U, b, mask=None):
    m, past = len(U), np.concatenate([s[None], y[:-1]])
    i, f, new, o = _gates(x @ W + past[..., :m] @ U + b)                         # all states are known: no loop for these
    shown, carried, da = np.tanh(y[..., m:]), np.zeros_like(s), []
    slopes = np.concatenate([new * i * (1 - i), past[..., m:] * f * (1 - f), i * (1 - new * new), shown * o * (1 - o)], axis=-1)
    to_c = o * (1 - shown * shown)
    for t in reversed(range(len(x))):
        d = g[t] + carried
        dh, dc = d[:, :m], d[:, m:] + d[:, :m] * to_c[t]                         # c is kept, and it is shown
        da.append(_where(mask, t, np.concatenate([dc, dc, dc, dh], axis=-1) * slopes[t], 0))
        carried = _where(mask, t, np.concatenate([da[-1] @ U.T, dc * f[t]], axis=-1), d)
    return np.stack(da[::-1]), carried


@rule(_lstm, 0)
def _(g, y, x, s, W, U, b, mask=None):
    return g[0] @ W.T


@rule(_lstm, 1)
def _(g, y, x, s, W, U, b, mask=None):
    return g[1]


@rule(_lstm, 2)
def _(g, y, x, s, W, U, b, mask=None):
    return np.tensordot(x, g[0], ((0, 1), (0, 1)))


@rule(_lstm, 3)
def _(g, y, x, s, W, U, b, mask=None):
    past = np.concatenate([s[None], y[:-1]])[..., :len(U)]
    return np.tensordot(past, g[0], ((0, 1), (0, 1)))


@rule(_lstm, 4)
def _(g, y, x, s, W, U, b, mask=None):
    return g[0]


@dataclass(frozen=True)
class LSTM:
    r"""Long short-term memory: a cell c that is added to, and a state h that shows some of it (Hochreiter and Schmidhuber 1997).

    .. math::

        c_t = f_t \odot c_{t-1} + i_t \odot \tanh(a^g_t), \qquad h_t = o_t \odot \tanh(c_t)

    with an input gate i, a forget gate f (Gers et al. 2000) and an output gate o, sigmoids of :math:`a_t = W^\top x_t + U^\top
    h_{t-1} + b`, whose parts are i, f, g, o, in this order. Where a GRU has one gate u for keeping and 1 - u for writing, here
    are two.

    Parameters
    ----------
    n, m : ints, numbers in an input, and in a state as well as in a cell
    remember : float, the first bias of the forget gate
    truncated : int, optional, as in `Recurrent`

    Raises
    ------
    ValueError, TypeError
        As `Recurrent`.

    Examples
    --------
    >>> block = LSTM(2, 3)
    >>> theta = block.init(0)
    >>> {name: array.shape for name, array in theta.items()}
    {'W': (2, 12), 'U': (3, 12), 'b': (12,), 'h': (3,), 'c': (3,)}
    >>> h, c = block.states(theta, np.ones((4, 7, 2)))
    >>> later = block(theta, np.ones((4, 5, 2)), h=(h[:, -1], c[:, -1]))             # where the first sequence left off
    >>> later.shape
    (4, 5, 3)
    """

    n: int
    m: int
    remember: float = 1.0
    truncated: int | None = None

    def __post_init__(self) -> None:
        _check_sizes(self)

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """W (n, 4m), U (m, 4m) of four orthogonal parts, b (4m,), and the first h (m,) and c (m,)."""
        return _gated(self, rng, 4, dtype) | {"c": np.zeros(self.m, dtype)}

    def states(self, theta: dict[str, Any], x: Any, mask: Any = None, h: Any = None) -> tuple[Any, Any]:
        """h and c after each step, two arrays (N, T, m)."""
        if h is not None and not (isinstance(h, (tuple, list)) and len(h) == 2):
            raise ValueError(f"{self}: h must be a pair, the state and the cell to start from, got {type(h).__name__}")
        h, c = (None, None) if h is None else h
        n, m = self.n, self.m
        x, h, c = _ready(self, theta, x, {"h": h, "c": c}, W=(n, 4 * m), U=(m, 4 * m), b=(4 * m,), h=(m,), c=(m,))

        def run(x, s, mask):
            return _lstm(x, s, theta["W"], theta["U"], theta["b"], mask=mask)
        both = _sweep(self, run, x, mask, np.concatenate([h, c], axis=-1))
        return both[..., :m], both[..., m:]

    def __call__(self, theta: dict[str, Any], x: Any, mask: Any = None, h: Any = None) -> Any:
        """States h (N, T, m) of sequences x (N, T, n), from a pair (h, c), or the learned one."""
        return self.states(theta, x, mask, h)[0]


# In both directions -----------------------------------------------------------------------------------------------------------

def reverse(x: Any, mask: Any = None) -> Any:
    """Sequences (N, T, ...) back to front; with a mask (N, T) each within its own steps, and what is masked stays in its place.

    Raises
    ------
    ValueError
        For an array of less than two axes, or a mask that isn't one.

    Examples
    --------
    >>> reverse(np.array([[1, 2, 3, 0]]), np.array([[True, True, True, False]]))
    array([[3, 2, 1, 0]])
    """
    x = x if type(x) is Tensor else np.asarray(x)
    if x.ndim < 2:
        raise ValueError(f"reverse: x must be sequences (N, T, ...), got shape {x.shape}; of a single one pass x[None]")
    if mask is None:
        return x[:, ::-1]
    _check_mask("reverse", mask, np.shape(x)[:2])
    rank = mask.sum(axis=1, keepdims=True) - np.cumsum(mask, axis=1)             # of the step that comes here: from the end
    steps = np.argsort(~mask, axis=1, kind="stable")                             # those that count, first
    order = np.where(mask, np.take_along_axis(steps, rank, axis=1), np.arange(mask.shape[1]))
    return x[np.arange(len(mask))[:, None], order]


@dataclass(frozen=True)
class Reversed:
    """A recurrent block that reads from the end to the beginning; its state at step t has seen the steps t to T.

    The last state is that of the first step, `[:, 0]`. Where the mask is False the output means nothing: leave it out.

    Examples
    --------
    >>> block = Reversed(Recurrent(1, 1, "identity"))
    >>> theta = {"W": np.ones((2, 1)), "b": np.zeros(1), "h": np.zeros(1)}
    >>> block(theta, np.array([[[1.0], [10.0], [100.0]]])).ravel()
    array([111., 110., 100.])
    """

    block: Any

    def __post_init__(self) -> None:
        _check_recurrent("Reversed", self.block)

    @property
    def n(self) -> int:
        """Numbers in an input."""
        return self.block.n

    @property
    def m(self) -> int:
        """Numbers in a state."""
        return self.block.m

    def init(self, rng: Any, dtype: Any = np.float64) -> Any:
        """Parameters of the block inside."""
        return self.block.init(rng, dtype)

    def __call__(self, theta: Any, x: Any, mask: Any = None, h: Any = None) -> Any:
        """States (N, T, m)."""
        start = () if h is None else (h,)                                        # a Bidirectional takes none
        return reverse(self.block(theta, reverse(x, mask), mask, *start), mask)


@dataclass(frozen=True)
class Bidirectional:
    """Two recurrent blocks, one upon the other, with a reversal between: every output depends on every input.  Cho §3.3.

    The second reads the states of the first from the last to the first one, and its own are put in the order of the inputs.
    Where the mask is False the output means nothing: leave it out.

    Parameters
    ----------
    forward, backward : recurrent blocks; the second takes what the first one gives

    Examples
    --------
    >>> block = Bidirectional(GRU(2, 8), GRU(8, 3))
    >>> block(block.init(0), np.ones((4, 7, 2))).shape
    (4, 7, 3)
    """

    forward: Any
    backward: Any

    def __post_init__(self) -> None:
        _check_recurrent("Bidirectional", self.forward, self.backward)
        if self.forward.m != self.backward.n:
            raise ValueError(f"Bidirectional: the first block, {self.forward}, gives {self.forward.m} numbers, and the second, "
                             f"{self.backward}, takes {self.backward.n}")

    @property
    def n(self) -> int:
        """Numbers in an input."""
        return self.forward.n

    @property
    def m(self) -> int:
        """Numbers in an output."""
        return self.backward.m

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, Any]:
        """Parameters of both, by name."""
        first, second = np.random.default_rng(rng).spawn(2)
        return {"forward": self.forward.init(first, dtype), "backward": self.backward.init(second, dtype)}

    def __call__(self, theta: dict[str, Any], x: Any, mask: Any = None) -> Any:
        """Outputs (N, T, m) of sequences x (N, T, n)."""
        if not isinstance(theta, dict) or set(theta) != {"forward", "backward"}:
            found = ", ".join(map(str, theta)) if isinstance(theta, dict) else f"a {type(theta).__name__}"
            raise ValueError(f"{self}: its parameters are those of two blocks, forward and backward, got {found}; init makes "
                             "them")
        return Reversed(self.backward)(theta["backward"], self.forward(theta["forward"], x, mask), mask)


# PyTorch's parameters -----------------------------------------------------------------------------------------------------------

def to_torch(theta: dict[str, Any]) -> dict[str, np.ndarray]:
    r"""Parameters under the names and in the shapes of `torch.nn.RNN`, `GRU` and `LSTM` (one layer, whose start is passed to it).

    PyTorch's GRU resets after the product, :math:`r_t \odot (U_h^\top h_{t-1})`, the lecture's before it, so with the same
    parameters they differ, save where :math:`U_h` is diagonal (m = 1 is such a case) or the reset gate stays open, r = 1. For
    the other two the states are the same.

    Raises
    ------
    ValueError
        Names that aren't those of a `Recurrent`, `GRU` or `LSTM`.

    Examples
    --------
    >>> {name: array.shape for name, array in to_torch(GRU(2, 3).init(0)).items()}
    {'weight_ih_l0': (9, 2), 'weight_hh_l0': (9, 3), 'bias_ih_l0': (9,), 'bias_hh_l0': (9,)}
    """
    if set(theta) not in ({"W", "b", "h"}, {"W", "U", "b", "h"}, {"W", "U", "b", "h", "c"}):
        raise ValueError("to_torch: theta must be the parameters of one Recurrent, GRU or LSTM, got the names "
                         f"{', '.join(theta)}; of a stack, pass those of each block by themselves")
    m, W = len(theta["h"]), theta["W"]
    W, U = (W, theta["U"]) if "U" in theta else (W[:-m], W[-m:])
    return {"weight_ih_l0": W.T, "weight_hh_l0": U.T, "bias_ih_l0": theta["b"], "bias_hh_l0": np.zeros_like(theta["b"])}


def from_torch(parameters: dict[str, Any]) -> dict[str, np.ndarray]:
    """The way back from `to_torch`, of arrays by name; the first state is zero, as it is there.

    Raises
    ------
    ValueError
        Names that aren't those of one layer with biases, which reads forward; shapes that don't fit. A GRU whose candidate has a
        second bias inside the reset gate: the lecture's has no place for it.

    Examples
    --------
    >>> theta = LSTM(2, 3).init(0)
    >>> all(np.array_equal(theta[name], array) for name, array in from_torch(to_torch(theta)).items())
    True
    """
    names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"
    if set(parameters) != set(names):
        raise ValueError(f"from_torch: parameters must be {', '.join(names)}, of one layer with biases that reads forward, got "
                         f"{', '.join(parameters)}; pass a layer and a direction at a time, under these names")
    W, U, b, inside = (np.asarray(parameters[name]) for name in names)
    m = U.shape[-1] if U.ndim == 2 else 0
    if W.ndim != 2 or len(U) not in (m, 3 * m, 4 * m) or not (len(W),) == (len(U),) == b.shape == inside.shape:
        raise ValueError("from_torch: expected arrays (k m, n), (k m, m), (k m,) and (k m,), with k = 1 for an RNN, 3 for a GRU "
                         f"and 4 for an LSTM, got {W.shape}, {U.shape}, {b.shape} and {inside.shape}")
    if len(U) == 3 * m and np.any(inside[2 * m:]):
        raise ValueError("from_torch: bias_hh_l0 of the candidate must be zero; PyTorch multiplies it by the reset gate, and the "
                         "lecture's GRU has no such term")
    theta = {"W": np.concatenate([W.T, U.T])} if len(U) == m else {"W": W.T.copy(), "U": U.T.copy()}
    theta |= {"b": b + inside, "h": np.zeros(m, U.dtype)}
    return theta | {"c": np.zeros(m, U.dtype)} if len(U) == 4 * m else theta


# What they share ----------------------------------------------------------------------------------------------------------------

def _where(mask, t, new, old):
    return new if mask is None else np.where(mask[t], new, old)


def _gated(block, rng, parts, dtype):
    """First parameters of a block with gates: the second part's bias is that of the gate that keeps."""
    rng, n, m = np.random.default_rng(rng), block.n, block.m
    W = np.concatenate([glorot(rng, n, m) for _ in range(parts)], axis=1)
    U = np.concatenate([orthogonal(rng, m, m) for _ in range(parts)], axis=1)
    b = np.where(np.arange(parts * m) // m == 1, block.remember, 0.0)
    return {"W": W.astype(floating(dtype)), "U": U.astype(dtype), "b": b.astype(dtype), "h": np.zeros(m, dtype)}


def _sweep(block, run, x, mask, start):
    """States (N, T, .) by `run`, which takes time first, chunk by chunk where gradients are to be truncated."""
    if mask is not None:
        _check_mask(block, mask, np.shape(x)[:2])
        x = np.where(mask[..., None], x, 0)                                      # what was filled in may be anything, NaN too
        mask = mask.T[..., None]
    x, states = np.swapaxes(x, 0, 1), []
    k = block.truncated or len(x)
    for t in range(0, len(x), k):
        states.append(run(x[t:t + k], start, None if mask is None else mask[t:t + k]))
        start = stop_gradient(states[-1][-1])
    return np.swapaxes(np.concatenate(states) if len(states) > 1 else states[0], 0, 1)


def _ready(block, theta, x, start, **shapes):
    """Sequences, and a state for each to start from, the learned one for None; the parameters must be the block's."""
    check_parameters(block, theta, **shapes)
    for name, array in theta.items():
        if not hasattr(array, "dtype"):
            raise TypeError(f"{block}: the parameter {name} must be an array, got {type(array).__name__}; np.asarray makes one")
    start = {name: theta[name] if h is None else h for name, h in start.items()}
    x, *states = (each if type(each) is Tensor else np.asarray(each) for each in (x, *start.values()))
    if x.ndim != 3 or x.shape[2] != block.n:
        raise ValueError(f"{block}: x must be sequences (N, T, {block.n}), got shape {x.shape}")
    if x.shape[1] == 0:
        raise ValueError(f"{block}: a sequence must have at least one step, got x of shape {x.shape}")
    shape, dtype = (len(x), block.m), theta["W"].dtype
    for name, h in zip(start, states, strict=True):
        if h.shape not in (shape, shape[1:]):
            raise ValueError(f"{block}: the start {name} must be of shape {shape} or {shape[1:]}, got {h.shape}")
    if dtype.kind != "f":
        raise TypeError(f"{block}: parameters must be floating numbers, got a W of {dtype}")
    for name, array in [("x", x), *zip(start, states, strict=True), *theta.items()]:
        if array.dtype != dtype:
            raise TypeError(f"{block}: {name} is of {array.dtype} and W of {dtype}; {name}.astype({dtype}), or init(rng, dtype) "
                            "makes them the same")
    return x, *(np.broadcast_to(h, shape) for h in states)


def _check_sizes(block):
    name = type(block).__name__
    if not (is_count(block.n) and is_count(block.m)):
        raise ValueError(f"{name} takes integers, at least one number in an input and in a state, got n = {block.n!r} and "
                         f"m = {block.m!r}")
    remember = getattr(block, "remember", 0.0)
    if not (isinstance(remember, Real) and math.isfinite(remember)):
        raise ValueError(f"{name}: remember must be a finite number, the first bias of the gate that keeps, got {remember!r}")
    if block.truncated is not None and not (isinstance(block.truncated, (int, np.integer)) and block.truncated >= 1):
        raise ValueError(f"{name}: truncated must be the number of steps that a gradient goes back, at least 1, or None for all, "
                         f"got {block.truncated!r}")


def _check_recurrent(what, *blocks):
    for block in blocks:
        if not (is_block(block) and hasattr(block, "n") and hasattr(block, "m")):
            raise ValueError(f"{what} takes recurrent blocks, such as GRU(2, 3), got {block!r}")


def _check_mask(what, mask, shape):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != shape:
        told = f"{mask.dtype} of shape {mask.shape}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise ValueError(f"{what}: mask must be an array of booleans {shape}, True where there is a step to read, got {told}")
