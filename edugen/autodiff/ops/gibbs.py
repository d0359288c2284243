"""Gibbs sweeps, with their arguments checked.  A draw has no gradient: one learns from the energies of what was drawn."""
from typing import Any

import numpy as np

from ...kernels import gibbs as kernels
from ..tensor import Tensor

__all__ = ["boltzmann_sweeps", "ising_sweeps", "rbm_sweeps"]


def rbm_sweeps(v: Any, W: Any, b: Any, c: Any, rng: Any, sweeps: int = 1, visible: str = "bernoulli") -> tuple[Any, Any]:
    r"""Block Gibbs sweeps of a restricted Boltzmann machine, energy :math:`-v^\top W h - b^\top v - c^\top h`.

    A sweep draws all hidden units given the visible ones, then all visible ones given the hidden.

    Parameters
    ----------
    v : array (n, D), where each of n chains starts
    W, b, c : arrays (D, H), (D,), (H,); a bias of inf or -inf holds a unit at 1 or 0
    rng : seed or np.random.Generator; the same chain for a seed, whatever the number of threads (a product of BLAS aside)
    sweeps : int
    visible : "bernoulli", 0 or 1; "gaussian", normal around W h + b with variance 1, energy :math:`+ \tfrac12 \lVert v \rVert^2`

    Returns
    -------
    v, h : arrays (n, D), (n, H), after the last sweep (h all zero, if there was none)

    Raises
    ------
    ValueError
        Shapes that don't fit, weights that aren't finite.
    TypeError
        A traced value.

    Examples
    --------
    >>> W = np.array([[9.0], [9.0]])                                  # two units that agree, through a hidden one
    >>> v, h = rbm_sweeps(np.zeros((1000, 2)), W, [-4.5, -4.5], [-9.0], rng=0, sweeps=200)
    >>> round(np.mean(v[:, 0] == v[:, 1]), 1), v.shape, h.shape
    (np.float64(1.0), (1000, 2), (1000, 1))
    """
    v, W, b, c = _arrays("rbm_sweeps", v=v, W=W, b=b, c=c)
    if v.ndim != 2 or W.ndim != 2 or (v.shape[1], *b.shape, *c.shape) != (W.shape[0], *W.shape) or b.ndim != 1:
        raise ValueError("rbm_sweeps: expected v (n, D), W (D, H), b (D,) and c (H,), got shapes "
                         f"{v.shape}, {W.shape}, {b.shape} and {c.shape}")
    if visible not in ("bernoulli", "gaussian"):
        raise ValueError(f'rbm_sweeps: visible must be "bernoulli" or "gaussian", got {visible!r}')
    _finite("rbm_sweeps", W)
    return kernels.rbm_sweeps(v, W, b, c, _key(rng), _count("rbm_sweeps", sweeps, max(v.size, len(v) * len(c))), visible)


def boltzmann_sweeps(x: Any, W: Any, b: Any, rng: Any, sweeps: int = 1, order: str = "sequential") -> Any:
    r"""Gibbs sweeps of a Boltzmann machine, one unit after the other, energy :math:`-\tfrac12 x^\top W x - b^\top x`.

    Parameters
    ----------
    x : array (n, D) of 0 and 1, where each of n chains starts
    W : array (D, D), symmetric with a zero diagonal
    b : array (D,); inf or -inf holds a unit at 1 or 0
    rng : seed or np.random.Generator
    sweeps : int
    order : "sequential", each unit in its turn; "random", D units drawn at random make a sweep

    Returns
    -------
    array (n, D)

    Raises
    ------
    ValueError
        Shapes that don't fit, weights that aren't symmetric, values that aren't 0 or 1.
    TypeError
        A traced value.

    Examples
    --------
    >>> W = np.array([[0.0, 9.0], [9.0, 0.0]])
    >>> x = boltzmann_sweeps(np.zeros((1000, 2)), W, [-4.5, -4.5], rng=0, sweeps=200)
    >>> round(np.mean(x[:, 0] == x[:, 1]), 1)
    np.float64(1.0)
    """
    x, W, b = _arrays("boltzmann_sweeps", x=x, W=W, b=b)
    if x.ndim != 2 or b.ndim != 1 or W.shape != 2 * b.shape or x.shape[1:] != b.shape:
        raise ValueError("boltzmann_sweeps: expected x (n, D), W (D, D) and b (D,), got shapes "
                         f"{x.shape}, {W.shape} and {b.shape}")
    _finite("boltzmann_sweeps", W)
    if W.size and np.max(np.abs(W - W.T)) > 1e-5 * np.max(np.abs(W)):
        raise ValueError("boltzmann_sweeps: W must be symmetric, a pair has one weight; (W + W.T) / 2 is")
    if np.any(np.diagonal(W)):
        raise ValueError("boltzmann_sweeps: W must have a zero diagonal, x_i^2 = x_i: add W_ii / 2 to b_i instead")
    if np.any((x != 0) & (x != 1)):
        raise ValueError("boltzmann_sweeps: x must hold 0 and 1 only; spins s of -1 and 1 are x = (s + 1) / 2")
    return kernels.boltzmann_sweeps(x, W, b, _key(rng), _count("boltzmann_sweeps", sweeps, x.size), order)


def ising_sweeps(spins: Any, beta: float, rng: Any, sweeps: int = 1, field: float = 0.0, order: str = "checkerboard") -> Any:
    r"""Gibbs sweeps of the two-dimensional Ising model on a torus, of energy :math:`-\sum_{\langle ij \rangle} s_i s_j`.

    Parameters
    ----------
    spins : array (..., L, M) of -1 and 1, one chain a grid
    beta : float, inverse temperature
    rng : seed or np.random.Generator
    sweeps : int
    field : float, beta times the outer field
    order : "checkerboard", all black sites at once, then all white ones (L and M even); "sequential", row after row; "random", as
        many sites as there are, each drawn at random

    Returns
    -------
    array (..., L, M), int8

    Raises
    ------
    ValueError
        Not grids of -1 and 1, or an odd side with the checkerboard.
    TypeError
        A traced value.

    Examples
    --------
    >>> cold = ising_sweeps(np.ones((16, 16)), beta=1.0, rng=0, sweeps=100)
    >>> hot = ising_sweeps(np.ones((16, 16)), beta=0.1, rng=0, sweeps=100)
    >>> bool(cold.mean() > 0.99), bool(abs(hot.mean()) < 0.3)
    (True, True)
    """
    spins, *numbers = _arrays("ising_sweeps", spins=spins, beta=beta, field=field)
    if spins.ndim < 2 or any(x.ndim for x in numbers):
        raise ValueError("ising_sweeps: expected spins (..., L, M), a number beta and a number field, got shapes "
                         f"{spins.shape}, {numbers[0].shape} and {numbers[1].shape}")
    sweeps = _count("ising_sweeps", sweeps, spins.size)
    if np.any(np.abs(spins) != 1):
        raise ValueError("ising_sweeps: spins must be -1 or 1; x of 0 and 1 are s = 2 x - 1")
    if np.isnan(beta) or np.isnan(field):
        raise ValueError(f"ising_sweeps: beta and field must be numbers, got {beta} and {field}")
    return kernels.ising_sweeps(spins, float(beta), _key(rng), sweeps, float(field), order)


def _arrays(caller, **arguments):
    """Real arrays; those of floats where the name is a weight's or a bias's."""
    found = []
    for name, value in arguments.items():
        if type(value) is Tensor:
            raise TypeError(f"{caller}: {name} is a traced value, and a draw has no gradient; pass stop_gradient({name})")
        value = np.asarray(value)
        if value.dtype.kind not in "fiub":
            raise TypeError(f"{caller}: {name} must hold real numbers, got {value.dtype}")
        if name in ("W", "b", "c") and value.dtype.kind != "f":
            value = value.astype(float)
        if name in ("b", "c") and np.any(np.isnan(value)):
            raise ValueError(f"{caller}: {name} has a NaN at {tuple(map(int, np.argwhere(np.isnan(value))[0]))}")
        found.append(value)
    return found


def _finite(caller, W):
    if not np.isfinite(np.sum(W)) and not np.all(np.isfinite(W)):                         # the sum is cheap, and enough
        i = tuple(map(int, np.argwhere(~np.isfinite(W))[0]))
        raise ValueError(f"{caller}: weights must be finite, W[{i[0]}, {i[1]}] is {W[i]}; did the learning diverge?")


def _count(caller, sweeps, sites):
    if isinstance(sweeps, bool) or not isinstance(sweeps, (int, np.integer)) or sweeps < 0:
        raise ValueError(f"{caller}: sweeps must be an integer of at least 0, got {sweeps!r}")
    if sites >= 2**32:
        raise ValueError(f"{caller}: {sites} numbers are too many for one call, at most 2^32 - 1; split the chains")
    return int(sweeps)


def _key(rng):
    return int(np.random.default_rng(rng).integers(2**64, dtype=np.uint64))
