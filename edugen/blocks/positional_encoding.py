r"""Telling attention where an item stands: vectors to add, and rotations.  Cho chapter 3, (3.30) to (3.35).

Both rest on the same :math:`n / 2` frequencies, each of which turns a pair of numbers by an angle that grows with the position:

.. math:: \omega_k = L^{-2(k - 1) / n}, \qquad k = 1, \dots, n / 2

A sinusoidal vector *is* such pairs, :math:`(\sin i \omega_k, \cos i \omega_k)`; a rotary encoding turns the pairs of a query or
key.
"""
from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import Tensor, primitive, rule

from .linear import check_parameters, floating, is_count

__all__ = ["Learned", "Rotary", "Sinusoidal", "four_terms", "frequencies", "rotary", "rotation", "shift_map", "sinusoidal"]


def frequencies(n: int, L: float = 10000.0) -> np.ndarray:
    r"""How fast each pair of n numbers turns, :math:`\omega_k = L^{-2(k-1)/n}`, in radians a position.  Cho (3.35).

    The lecture prints :math:`L^{k/n}`, without the minus sign: from :math:`L^{1/n}`, more than 1 radian a position, up to
    :math:`\sqrt L`, 100, at which neighbors are as far apart as any two others. See its erratum.

    Parameters
    ----------
    n : int, even
    L : float, at least 1

    Returns
    -------
    array (n / 2,), from 1 down to :math:`L^{2/n} / L`

    Raises
    ------
    ValueError
        For an odd n, or an L below 1.

    Examples
    --------
    >>> frequencies(4)
    array([1.  , 0.01])
    """
    _even("n", n)
    return _base(L) ** (-np.arange(0, n, 2) / n)


# Added: (3.30) ----------------------------------------------------------------------------------------------------------------

def sinusoidal(positions: Any, n: int, L: float = 10000.0) -> np.ndarray:
    r"""A vector for each position, which turns fast in its first dimensions and slowly in its last.  Cho (3.30).

    .. math:: e_i^d = \sin(i / L^{d/n}) \text{ for even } d, \qquad \cos(i / L^{(d-1)/n}) \text{ for odd } d

    with d from 0. (The lecture prints i in the place of d, in the exponents and in the two cases. See its erratum.)

    Parameters
    ----------
    positions : int, how many, from 0 on; or an array of numbers (...), negative and fractional ones, too
    n : int
        With an odd one the last sine has no cosine, and `shift_map` isn't there.
    L : float, at least 1

    Returns
    -------
    array (..., n)

    Raises
    ------
    ValueError
        For an n that is no integer from 1 on, an L below 1, a negative number of positions, or positions that are not finite.

    Examples
    --------
    >>> sinusoidal(3, 4).round(2)
    array([[ 0.  ,  1.  ,  0.  ,  1.  ],
           [ 0.84,  0.54,  0.01,  1.  ],
           [ 0.91, -0.42,  0.02,  1.  ]])
    """
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"sinusoidal: n must be an integer, at least 1, got {n}")
    i, d = _several(positions)[..., None], np.arange(n)
    return np.where(d % 2 == 0, np.sin(i / _base(L) ** (d / n)), np.cos(i / _base(L) ** ((d - 1) / n)))           # (3.30)


def shift_map(k: float, n: int, L: float = 10000.0) -> np.ndarray:
    r"""The matrix :math:`M_k` with :math:`e_{i+k} = M_k e_i` for every position i: a step is the same everywhere.

    It turns each pair (sine, cosine), so it is a rotation: :math:`R_{-k}` of (3.34).

    Examples
    --------
    >>> e = sinusoidal(10, 6)
    >>> bool(np.allclose(e[3:], e[:-3] @ shift_map(3, 6).T))
    True
    """
    return rotation(-k, n, L)


@dataclass(frozen=True)
class Sinusoidal:
    r"""Adds `sinusoidal` vectors, :math:`x_i + e_i`: a block without parameters, for sequences of any length.  Cho (3.30).

    Parameters
    ----------
    n : int, size of an item
    L : float

    Examples
    --------
    >>> block = Sinusoidal(4)
    >>> block(block.init(0), np.zeros((1, 3, 4)))[0, 1].round(2)
    array([0.84, 0.54, 0.01, 1.  ])
    """

    n: int
    L: float = 10000.0

    def __post_init__(self) -> None:
        sinusoidal(0, self.n, self.L)

    def init(self, rng: Any = None, dtype: Any = np.float64) -> dict[str, Any]:
        """No parameters: an empty dict."""
        return {}

    def __call__(self, theta: Any, x: Any, positions: Any = None) -> Any:
        """Array (..., T, n) to one of its shape; its items stand at 0 to T - 1, or at `positions` (T,)."""
        e = sinusoidal(_places(self, x, self.n, positions), self.n, self.L)
        return x + e.astype(_precision(x), copy=False)


@dataclass(frozen=True)
class Learned:
    r"""Adds a vector that is learned for each position, :math:`x_i + E_i`.  Cho §3.4.

    There are as many as `length`, and what was never trained was never learned: longer sequences are refused.

    Parameters
    ----------
    length : int, of the longest sequence
    n : int, size of an item

    Raises
    ------
    ValueError
        For a sequence that is longer, a position that is none of 0 to length - 1, or vectors of another block.
    TypeError
        At a call, numbers that aren't floating or not of one precision.

    Examples
    --------
    >>> block = Learned(16, 4)
    >>> theta = block.init(0)
    >>> theta["E"].shape, block(theta, np.ones((5, 16, 4))).shape
    ((16, 4), (5, 16, 4))
    """

    length: int
    n: int

    def __post_init__(self) -> None:
        if not (is_count(self.length) and is_count(self.n)):
            raise ValueError(f"Learned takes integers, at least one position and one number, got length = {self.length!r} and "
                             f"n = {self.n!r}")

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Vectors E (length, n) at random, of deviation 0.1: small beside what they are added to."""
        return {"E": 0.1 * np.random.default_rng(rng).normal(size=(self.length, self.n)).astype(floating(dtype))}

    def __call__(self, theta: dict[str, Any], x: Any, positions: Any = None) -> Any:
        """Array (..., T, n) to one of its shape; its items stand at 0 to T - 1, or at `positions` (T,), integers."""
        places = _places(self, x, self.n, positions)
        check_parameters(self, theta, E=(self.length, self.n))
        x, E = x if type(x) is Tensor else np.asarray(x), theta["E"]
        if x.dtype != E.dtype or E.dtype.kind != "f":
            raise TypeError(f"{self}: x is of {x.dtype} and E of {E.dtype}, and both must be floating numbers of one precision; "
                            "x.astype(...), or init(rng, dtype) makes them the same")
        if positions is not None and np.asarray(positions).dtype.kind not in "iu":
            raise ValueError(f"Learned: positions must be integers, got {np.asarray(positions).dtype}: there is a vector for "
                             "each whole position and none between; Sinusoidal and Rotary take any number")
        outside = places[(places < 0) | (places >= self.length)]
        if outside.size:
            came = f"x has {np.shape(x)[-2]} items" if positions is None else f"position {outside[0]:g} came"
            raise ValueError(f"Learned: {came}, and positions were learned for {self.length}, 0 to {self.length - 1}. Cut x to "
                             f"{self.length}, or train a block of the length you need, or use Sinusoidal or Rotary, which know "
                             "every position")
        return x + E[places.astype(int)]


# Rotated: (3.33) to (3.35) ------------------------------------------------------------------------------------------------------

@primitive
def rotary(x: Any, positions: Any, L: float = 10000.0) -> Any:
    r"""Turn each pair of a query or key by an angle that grows with its position, :math:`R_i x_i`.  Cho (3.34), (3.35).

    What a query then has with a key depends on how far apart they stand, and not on where,
    :math:`\langle R_i q, R_j k \rangle = \langle q, R_{j - i} k \rangle`. Angles are computed in float64, whatever x is.

    Parameters
    ----------
    x : array (..., T, n), n even; or a single vector (n,)
    positions : array (T,), or (..., T) that broadcasts to the items of x; for a single vector, a number
        Negative and fractional ones, too. They are data: no gradient flows to them.
    L : float, at least 1

    Returns
    -------
    array of the shape and precision of x

    Raises
    ------
    ValueError
        For an odd n, or positions that don't fit or are not finite.
    TypeError
        For an x that isn't of real numbers.

    Examples
    --------
    >>> rotary(np.array([[1.0, 0.0], [1.0, 0.0]]), [0, np.pi / 2]).round(3)
    array([[1., 0.],
           [0., 1.]])
    """
    x, i = np.asarray(x), _numbers(positions)
    if x.dtype.kind not in "fiub":
        raise TypeError(f"rotary: x must be of real numbers, got {x.dtype}; of pairs as complex numbers make two columns")
    if x.ndim < 1 or x.shape[-1] % 2 or x.shape[-1] < 2:
        raise ValueError(f"rotary: the last axis of x is taken in pairs and must be even, got shape {x.shape}; "
                         "make heads of an even size, or add a column of zeros")
    _fits("rotary", i, x.shape[:-1])
    dtype = _precision(x)
    angle = i[..., None] * frequencies(x.shape[-1], L)
    cos, sin = np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)
    y, a, b = np.empty(x.shape, dtype), x[..., 0::2], x[..., 1::2]
    y[..., 0::2] = cos * a - sin * b                                             # (3.35), a pair at a time as (3.34) has them
    y[..., 1::2] = sin * a + cos * b
    return y


@rule(rotary)
def _(g, y, x, positions, L=10000.0):
    return rotary(g, -np.asarray(positions), L)                                  # the transpose of a rotation turns it back


def rotation(m: float, n: int, L: float = 10000.0) -> np.ndarray:
    r"""The matrix :math:`R_m`, with a rotation of the plane in each block of its diagonal.  Cho (3.34), (3.35).

    To look at: `rotary` computes the same product in n steps instead of :math:`n^2`.

    Parameters
    ----------
    m : number, a position
    n : int, even
    L : float, at least 1

    Returns
    -------
    array (n, n), orthogonal

    Raises
    ------
    ValueError
        For an odd n, an L below 1, or a position that is not finite.

    Examples
    --------
    >>> rotation(np.pi / 2, 2).round(3)
    array([[ 0., -1.],
           [ 1.,  0.]])
    """
    if np.ndim(m) or not np.isfinite(m):
        raise ValueError(f"the position must be a finite number, got {m}")
    omegas, R = frequencies(n, L), np.zeros((n, n))
    for k, omega in enumerate(omegas):
        cos, sin = np.cos(m * omega), np.sin(m * omega)
        R[2 * k:2 * k + 2, 2 * k:2 * k + 2] = [[cos, -sin], [sin, cos]]          # (3.35) as a block of (3.34)
    return R


@dataclass(frozen=True)
class Rotary:
    """`rotary` for an attention block's queries and keys, whose `position` it can be.  Cho (3.33).

    Parameters
    ----------
    d : int, even: size of a query in each head
    L : float, at least 1

    Examples
    --------
    >>> turn = Rotary(8)
    >>> turn(np.ones((5, 2, 10, 8)), np.arange(10)).shape
    (5, 2, 10, 8)
    """

    d: int
    L: float = 10000.0

    def __post_init__(self) -> None:
        _even("d", self.d)
        _base(self.L)

    def __call__(self, x: Any, positions: Any) -> Any:
        """Array (..., T, d) and positions (T,) to an array of the shape of x."""
        if np.shape(x)[-1:] != (self.d,):
            raise ValueError(f"{self}: x must be an array (..., T, {self.d}), got shape {np.shape(x)}")
        return rotary(x, positions, L=self.L)


# Looking at a score: (3.31), (3.32) ---------------------------------------------------------------------------------------------

def four_terms(x: Any, e: Any, W_q: Any, W_k: Any) -> tuple[Any, Any, Any, Any]:
    r"""What is in the score of items to which positions were added.  Cho (3.31), (3.32).

    .. math:: q_i^\top k_j = x_i^\top A x_j + e_i^\top A x_j + x_i^\top A e_j + e_i^\top A e_j, \qquad A = W_q^\top W_k

    (The lecture prints :math:`e_k` for :math:`e_j`, twice. See its erratum.)

    Parameters
    ----------
    x : array (..., T, n), items
    e : array (T, n), positions
    W_q, W_k : arrays (d, n)

    Returns
    -------
    content and content, position and content, content and position, position and position : arrays (..., T, T)
        The row i is the query's, the column j the key's. Their sum is the score.

    Raises
    ------
    ValueError
        Shapes that don't fit.

    Examples
    --------
    >>> x, e, W = np.ones((3, 2)), sinusoidal(3, 2), np.eye(2)
    >>> np.allclose(sum(four_terms(x, e, W, W)), (x + e) @ (x + e).T)
    True
    """
    x, e, W_q, W_k = (each if type(each) is Tensor else np.asarray(each) for each in (x, e, W_q, W_k))
    if np.ndim(x) < 2 or np.shape(x)[-2:] != np.shape(e)[-2:]:
        raise ValueError(f"four_terms: x (..., T, n) and e (T, n) must have a common T and n, got {np.shape(x)} and "
                         f"{np.shape(e)}")
    if np.ndim(W_q) != 2 or np.shape(W_q) != np.shape(W_k) or np.shape(W_q)[1] != np.shape(x)[-1]:
        raise ValueError(f"four_terms: W_q and W_k must both be matrices (d, {np.shape(x)[-1]}), got {np.shape(W_q)} and "
                         f"{np.shape(W_k)}")
    score = lambda a, b: (a @ W_q.T) @ np.swapaxes(b @ W_k.T, -1, -2)            # (3.31)
    return score(x, x), score(e, x), score(x, e), score(e, e)                    # (3.32)


def _base(L):
    if not 1 <= L < np.inf:
        raise ValueError(f"L must be a finite number of at least 1, got {L}"
                         + ": below it the frequencies would grow from pair to pair instead of falling" * bool(L < 1))
    return L


def _even(name, n):
    if not isinstance(n, (int, np.integer)) or n < 2 or n % 2:
        raise ValueError(f"{name} must be even and at least 2, for numbers are turned in pairs, got {name} = {n}")


def _numbers(positions):
    i = np.asarray(positions, dtype=np.float64)
    if not np.all(np.isfinite(i)):
        raise ValueError(f"positions must be finite numbers, got {i[~np.isfinite(i)][0]}")
    return i


def _several(positions):
    """A count as 0, 1, ...; an array as it is."""
    try:
        count = operator.index(positions)
    except TypeError:
        if np.ndim(positions) < 1:
            raise ValueError(f"positions must be an int, which says how many, or an array, got {positions!r}; "
                             f"for this one position write [{positions!r}]") from None
        return _numbers(positions)
    if count < 0:
        raise ValueError(f"the number of positions must not be negative, got {count}; for this one position write [{count}]")
    return np.arange(count, dtype=np.float64)


def _fits(who, i, items):
    """Positions (..., T) for the items of an array. One number for many would turn all alike, and tell nothing."""
    if i.shape[-1:] == items[-1:] and i.ndim <= len(items):
        if all(a in (1, b) for a, b in zip(i.shape[::-1], items[::-1], strict=False)):
            return
    raise ValueError(f"{who}: positions must be of shape {items[-1:]}, one for each item, or broadcast to {items}, got {i.shape}")


def _places(block, x, n, positions):
    """Positions for x (..., T, n), which is checked: those that were given, or 0 to T - 1."""
    if np.ndim(x) < 2 or np.shape(x)[-1] != n:
        raise ValueError(f"{block}: x must be an array (..., T, {n}), got shape {np.shape(x)}")
    if positions is None:
        return np.arange(np.shape(x)[-2], dtype=np.float64)
    i = _numbers(positions)
    _fits(type(block).__name__, i, np.shape(x)[:-1])
    return i


def _precision(x):
    dtype = getattr(x, "dtype", np.dtype(np.float64))
    return dtype if dtype.kind == "f" else np.dtype(np.float64)
