r"""Gated recurrent units over a whole sequence, forward and backward.  Cho (3.19)-(3.22).

.. math::

    h_t = u_t \odot h_{t-1} + (1 - u_t) \odot c_t, \qquad c_t = \tanh(a^c_t + (r_t \odot h_{t-1}) U_c) \\
    r_t = \sigma(a^r_t + h_{t-1} U_r), \qquad u_t = \sigma(a^u_t + h_{t-1} U_u)

What inputs and biases contribute, :math:`a = x W + b`, has been computed for all steps in one product. What is left is a loop
that cannot be shared out over time: two small products a step, and some twenty operations on a few thousand numbers, each of
which costs NumPy more for its call than for its work. A twin has two calls a step in their place. Going back, gates and
candidates of all steps come from products over the whole sequence, for by then all states are known; only the cotangents have to
wait for each other.
"""
import numpy as np

from .arguments import fitting
from .exponential import exp
from .jit import compilable, jit, kernel

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
    """What `gru`, whose result was `states`, passes back to a and h."""
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
    return np.stack(da[::-1]), carried


# Twins ------------------------------------------------------------------------------------------------------------------

@jit
def _sigmoid(x, one):
    e = exp(-abs(x))
    return (one if x >= 0 else e) / (one + e)


@jit
def _open_rows(a, h, gates, rh):
    """gates holds h U, and then both gates; rh what the reset gate lets through.  A row is (r, u) or (r, u, c)."""
    n, one = h.shape[1], h.dtype.type(1)
    for i in range(h.shape[0]):
        for j in range(2 * n):
            gates[i, j] = _sigmoid(a[i, j] + gates[i, j], one)
        for j in range(n):
            rh[i, j] = gates[i, j] * h[i, j]


@jit
def _step_rows(a, h, gates, c, out):
    """c holds (r h) U, and then the candidates; out gets the next state."""
    n, one = h.shape[1], h.dtype.type(1)
    for i in range(h.shape[0]):
        for j in range(n):
            s, u = a[i, 2 * n + j] + c[i, j], gates[i, n + j]
            c[i, j] = _sigmoid(s + s, one) * (one + one) - one            # tanh s, as exact as its largest value, 1, allows
            out[i, j] = u * h[i, j] + (one - u) * c[i, j]


@jit(fastmath={"contract"})
def _back_to_candidate_rows(g, carried, gates, c, d, da):
    """d, the cotangent of a state, and what of it goes to the candidate's sum and to the update gate's."""
    n, one = c.shape[1], c.dtype.type(1)
    for i in range(c.shape[0]):
        for j in range(n):
            d[i, j] = g[i, j] + carried[i, j]
            da[i, 2 * n + j] = d[i, j] * (one - gates[i, n + j]) * (one - c[i, j] * c[i, j])


@jit(fastmath={"contract"})
def _back_to_gates_rows(d, through, h, gates, c, da, carried):
    n, one = c.shape[1], c.dtype.type(1)
    for i in range(c.shape[0]):
        for j in range(n):
            r, u = gates[i, j], gates[i, n + j]
            da[i, j] = through[i, j] * h[i, j] * r * (one - r)
            da[i, n + j] = d[i, j] * (h[i, j] - c[i, j]) * u * (one - u)
            carried[i, j] = d[i, j] * u + through[i, j] * r


@gru.numba
def _(a, h, U):
    if not compilable(a, h, U):
        return gru.reference(a, h, U)
    a, h, n = np.ascontiguousarray(a), np.ascontiguousarray(h), h.shape[1]
    to_gates, to_candidate = np.ascontiguousarray(U[:, :2 * n]), np.ascontiguousarray(U[:, 2 * n:])
    states, gates = np.empty((len(a), *h.shape), a.dtype), np.empty((len(h), 2 * n), a.dtype)
    rh, c = np.empty_like(h), np.empty_like(h)
    for x, after in zip(a, states, strict=True):
        np.matmul(h, to_gates, out=gates)
        _open_rows(x, h, gates, rh)
        np.matmul(rh, to_candidate, out=c)
        _step_rows(x, h, gates, c, after)
        h = after
    return states


@gru_gradients.numba
def _(g, states, a, h, U):
    if not compilable(g, states, a, h, U):
        return gru_gradients.reference(g, states, a, h, U)
    g, a, past, n = np.ascontiguousarray(g), np.ascontiguousarray(a), np.concatenate([h[None], states[:-1]]), h.shape[1]
    to_gates, to_candidate = np.ascontiguousarray(U[:, :2 * n]), np.ascontiguousarray(U[:, 2 * n:])
    gates, rh, c, da = past @ to_gates, np.empty_like(past), np.empty_like(past), np.empty_like(a)
    flat = (-1, n)
    _open_rows(a.reshape(-1, 3 * n), past.reshape(flat), gates.reshape(-1, 2 * n), rh.reshape(flat))
    np.matmul(rh, to_candidate, out=c)
    _step_rows(a.reshape(-1, 3 * n), past.reshape(flat), gates.reshape(-1, 2 * n), c.reshape(flat), rh.reshape(flat))
    d, through, carried, earlier = np.empty_like(past[0]), np.empty_like(past[0]), np.zeros_like(past[0]), np.empty_like(past[0])
    for t in reversed(range(len(a))):
        _back_to_candidate_rows(g[t], carried, gates[t], c[t], d, da[t])
        np.matmul(da[t][:, 2 * n:], to_candidate.T, out=through)
        _back_to_gates_rows(d, through, past[t], gates[t], c[t], da[t], carried)
        carried += np.matmul(da[t][:, :2 * n], to_gates.T, out=earlier)
    return da, carried
