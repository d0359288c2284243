r"""Gated recurrent units over a whole sequence, forward and backward.  Cho (3.19)-(3.22).

.. math::

    h_t = u_t \odot h_{t-1} + (1 - u_t) \odot c_t, \qquad c_t = \tanh(a^c_t + (r_t \odot h_{t-1}) U_c) \\
    r_t = \sigma(a^r_t + h_{t-1} U_r), \qquad u_t = \sigma(a^u_t + h_{t-1} U_u)

What inputs and biases contribute, :math:`a = x W + b`, has been computed for all steps in one product. What is left is a loop
that cannot be shared out over time: two small products a step, and some twenty operations on a few thousand numbers, each of
which costs NumPy more for its call than for its work. But sequences don't need one another: a twin takes some of them through
all steps, in the first cache and without a call, while another thread takes others. Going back it computes gates and candidates
anew, which is cheaper than keeping them.
"""
import numpy as np

from .arguments import fitting, ready
from .exponential import exp
from .jit import compilable, jit, kernel
from .matmul import _tiles
from .threads import share_out
from .vector import clear

__all__ = ["gru", "gru_gradients"]


# References, which the engine can differentiate -------------------------------------------------------------------------

def _gates(a, h, U):
    """Reset gate, update gate and candidate: a (..., N, 3H) in this order, h (..., N, H), U (H, 3H)."""
    n = h.shape[-1]
    gates = (1 + np.tanh((a[..., :2 * n] + h @ U[:, :2 * n]) / 2)) / 2    # sigma, without an overflow: (3.20), (3.21)
    r, u = gates[..., :n], gates[..., n:]
    return r, u, np.tanh(a[..., 2 * n:] + (r * h) @ U[:, 2 * n:])         # (3.22)


@kernel(check=fitting("gru", "a (T, N, 3H), h (N, H), U (H, 3H)"))
def gru(a, h, U):
    """The states after each step: a (T, N, 3H) for reset gate, update gate and candidate, h (N, H), U (H, 3H) -> (T, N, H)."""
    states = []
    for x in a:
        _, u, c = _gates(x, h, U)
        h = u * h + (1 - u) * c                                           # (3.19)
        states.append(h)
    return np.stack(states)


@kernel(check=fitting("gru_gradients", "g (T, N, H), states (T, N, H), a (T, N, 3H), h (N, H), U (H, 3H)"))
def gru_gradients(g, states, a, h, U):
    """What `gru`, whose result was `states`, passes back to a and h; and what its reset gates let through, r h (T, N, H)."""
    n, past = h.shape[-1], np.concatenate([h[None], states[:-1]])         # the state that each step found
    r, u, c = _gates(a, past, U)
    carried, da = np.zeros_like(h), []
    for t in reversed(range(len(a))):
        d = g[t] + carried                                                # directly, and through all later steps
        dc = d * (1 - u[t]) * (1 - c[t] * c[t])
        through = dc @ U[:, 2 * n:].T                                     # to r h
        gates = np.concatenate([through * past[t] * r[t] * (1 - r[t]), d * (past[t] - c[t]) * u[t] * (1 - u[t])], axis=-1)
        carried = d * u[t] + through * r[t] + gates @ U[:, :2 * n].T
        da.append(np.concatenate([gates, dc], axis=-1))
    return np.stack(da[::-1]), carried, r * past


# Twins ------------------------------------------------------------------------------------------------------------------

SEQUENCES = 16           # go through all steps together: enough to fill the tiles of a product, few enough for several threads
SMALL = 2**16            # multiply-adds; fewer are faster on one thread than on several that have to be woken


@jit
def _sigmoid(x, one):
    e = exp(-abs(x))
    return (one if x >= 0 else e) / (one + e)


@jit
def _step(a, h, to_gates, to_candidate, gates, rh, c):
    """Gates (r, u), what the reset gate lets through and candidates of some sequences at one step."""
    n, one = h.shape[1], h.dtype.type(1)
    _tiles(h, to_gates, gates)
    for i in range(h.shape[0]):
        for j in range(2 * n):
            gates[i, j] = _sigmoid(a[i, j] + gates[i, j], one)            # (3.20), (3.21)
        for j in range(n):
            rh[i, j] = gates[i, j] * h[i, j]
    _tiles(rh, to_candidate, c)
    for i in range(h.shape[0]):
        for j in range(n):
            s = a[i, 2 * n + j] + c[i, j]
            c[i, j] = _sigmoid(s + s, one) * (one + one) - one            # tanh s, as exact as its largest value, 1, allows


@jit
def _forward(low, high, a, h, to_gates, to_candidate, states):
    """All steps of sequences SEQUENCES low to SEQUENCES high."""
    n, one, first, last = h.shape[1], h.dtype.type(1), low * SEQUENCES, min(high * SEQUENCES, h.shape[0])
    gates = np.empty((last - first, 2 * n), h.dtype)
    rh, c = np.empty((last - first, n), h.dtype), np.empty((last - first, n), h.dtype)
    before = h[first:last]
    for t in range(len(a)):
        after = states[t, first:last]
        _step(a[t, first:last], before, to_gates, to_candidate, gates, rh, c)
        for i in range(len(c)):
            for j in range(n):
                u = gates[i, n + j]
                after[i, j] = u * before[i, j] + (one - u) * c[i, j]      # (3.19)
        before = after


@jit(fastmath={"contract"})
def _backward(low, high, g, states, a, h, to_gates, to_candidate, from_gates, from_candidate, da, rh, dh):
    """The same steps, the last first: gates and candidates anew, then their cotangents."""
    n, one, first, last = h.shape[1], h.dtype.type(1), low * SEQUENCES, min(high * SEQUENCES, h.shape[0])
    gates, dgates = np.empty((last - first, 2 * n), h.dtype), np.empty((last - first, 2 * n), h.dtype)
    c, d = np.empty((last - first, n), h.dtype), np.empty((last - first, n), h.dtype)
    dc, through = np.empty((last - first, n), h.dtype), np.empty((last - first, n), h.dtype)
    carried = dh[first:last]
    clear(carried)
    for t in range(len(a) - 1, -1, -1):
        before, let, back = h[first:last] if t == 0 else states[t - 1, first:last], rh[t, first:last], da[t, first:last]
        come = g[t, first:last]
        _step(a[t, first:last], before, to_gates, to_candidate, gates, let, c)
        for i in range(len(c)):
            for j in range(n):
                d[i, j] = come[i, j] + carried[i, j]                      # directly, and through all later steps
                dc[i, j] = d[i, j] * (one - gates[i, n + j]) * (one - c[i, j] * c[i, j])
        _tiles(dc, from_candidate, through)                               # to r h
        for i in range(len(c)):
            for j in range(n):
                r, u = gates[i, j], gates[i, n + j]
                dgates[i, j] = through[i, j] * let[i, j] * (one - r)
                dgates[i, n + j] = d[i, j] * (before[i, j] - c[i, j]) * u * (one - u)
        _tiles(dgates, from_gates, carried)
        for i in range(len(c)):
            for j in range(n):
                carried[i, j] += d[i, j] * gates[i, n + j] + through[i, j] * gates[i, j]
                back[i, 2 * n + j] = dc[i, j]
            for j in range(2 * n):
                back[i, j] = dgates[i, j]


def _halves(U):
    """The parts of U for the gates and for the candidate."""
    n = U.shape[0]
    return np.ascontiguousarray(U[:, :2 * n]), np.ascontiguousarray(U[:, 2 * n:])


def _shared(work, a, h, *rest):
    """The work for all sequences, some together."""
    share_out(work, -(-len(h) // SEQUENCES), *rest, alone=a.size * h.shape[1] < SMALL)


@gru.numba
def _(a, h, U):
    if not compilable(a, h, U):
        return gru.reference(a, h, U)
    a, h = ready(a, h)
    states = np.empty((len(a), *h.shape), a.dtype)
    _shared(_forward, a, h, a, h, *_halves(U), states)
    return states


@gru_gradients.numba
def _(g, states, a, h, U):
    if not compilable(g, states, a, h, U):
        return gru_gradients.reference(g, states, a, h, U)
    g, states, a, h = ready(g, states, a, h)
    da, let, dh, halves = np.empty_like(a), np.empty_like(states), np.empty_like(h), _halves(U)
    _shared(_backward, a, h, g, states, a, h, *halves, *(np.ascontiguousarray(half.T) for half in halves), da, let, dh)
    return da, dh, let
