r"""An energy function: one object, of which every paradigm of machine learning asks another question.  Cho chapter 1.

:math:`e(x, z; \theta)` is low where the observation x and the unobserved z go together. What is not known is *inferred*: it is
whatever makes the energy least. If it is one of a few categories, that is classification; a number, regression; a component,
clustering; a vector that was never observed in anybody's data, representation learning. The code below knows none of these
words: `z` is what is missing, and `infer` finds it.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import tree, value_and_grad

__all__ = ["EnergyFunction", "average_energy", "hinge"]


@dataclass(frozen=True, eq=False)
class EnergyFunction:
    r"""An energy with its parameters, :math:`e : \mathcal X \times \mathcal Z \times \Theta \to \mathbb R`.  Cho (1.1).

    Parameters
    ----------
    e : function (x, z, theta) -> energies (N,), for N observations
        Written in NumPy. `x` and `z` are whatever it takes: arrays (N, ...), or tuples of them, for the observation may come
        in parts, and so may what is missing. Differentiable in `z` where that is continuous.
    theta : tree of arrays

    Examples
    --------
    A point on a line, and which of two centers it belongs to; and the point that a center would like best:

    >>> model = EnergyFunction(lambda x, z, theta: (x - theta[z]) ** 2 / 2, theta=np.array([0.0, 4.0]))
    >>> x = np.array([1.0, 3.0, -2.0])
    >>> model.infer(x, candidates=[0, 1])
    array([0, 1, 0])
    >>> place = EnergyFunction(lambda z, x, theta: model(x, z), theta=None)         # the same energy, the other part missing
    >>> place.infer(np.array([1, 0]), start=np.zeros(2)).round(6)
    array([4., 0.])
    """

    e: Callable[[Any, Any, Any], Any]
    theta: Any

    def __call__(self, x: Any, z: Any = None) -> Any:
        """Energies (N,) of observations and what is missing; z is None where nothing is.  Cho (1.1)."""
        return self.e(x, z, self.theta)

    def table(self, x: Any, candidates: Any) -> Any:
        """Energy of every candidate for every observation: (N, K).

        Parameters
        ----------
        x : array (N, ...), or a tuple of arrays with N entries each
        candidates : array (K, ...)
            The set that z is from: numbers of categories, one-hot rows, points of a grid.

        Raises
        ------
        ValueError
            Where there is no candidate, or the energy is not one number for each observation.
        """
        n, candidates = _count(x), np.asarray(candidates)
        if not candidates.ndim or not len(candidates):
            raise ValueError(f"candidates must be an array (K, ...) of at least one value of z, got shape {candidates.shape}: "
                             "among none there is no lowest energy")
        columns = [self(x, np.broadcast_to(z, (n, *candidates.shape[1:]))) for z in candidates]
        if np.shape(columns[0]) != (n,):
            raise ValueError(f"the energy must be one number for each of the {n} observations, an array ({n},), got shape "
                             f"{np.shape(columns[0])}: sum over the coordinates of each")
        return np.stack(columns, axis=1)

    def infer(self, x: Any, candidates: Any = None, start: Any = None, tolerance: float = 1e-8, steps: int = 10_000) -> Any:
        r"""What is missing: :math:`\hat z = \arg\min_z e(x, z; \theta)`.  Cho (1.4), (1.5).

        Give `candidates`, and the best of them is chosen; or `start`, and z moves down the slope of the energy from there
        (L-BFGS) until that vanishes. A start decides which of several valleys is found.

        Parameters
        ----------
        x : array (N, ...), or a tuple of such
        candidates : array (K, ...)
        start : array (N, ...), or a tree of such, where several things are missing at once
        tolerance : float
            How large the slope may be in the end, relative to the largest at the start.
        steps : int, at most

        Returns
        -------
        array (N, ...), of candidates, the first of them on a tie; or a tree like the start

        Raises
        ------
        ValueError
            Without candidates and start, or with both; a start without floating numbers.
        ArithmeticError
            Where the slope has not vanished after all steps: often there is no minimum, the energy falls forever.
        """
        if (candidates is None) == (start is None):
            raise ValueError("infer: give either candidates (z is one of them) or start (z is continuous, and begins there)")
        if start is None:
            return np.asarray(candidates)[np.argmin(self.table(x, candidates), axis=1)]              # (1.4), (1.5)
        from scipy.optimize import minimize
        flat, shaped = tree.ravel(start)
        if not flat.size:
            raise ValueError("start must be a floating array (N, ...), or a tree of them, with at least one number, "
                             f"got {type(start).__name__} without any")
        both = value_and_grad(lambda z: np.sum(self(x, shaped(z))))               # each z has its own term of the sum
        slope = np.abs(both(flat)[1]).max()
        found = minimize(both, flat, jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxfun": 2 * steps, "ftol": 0.0,
                                                                           "gtol": tolerance * slope, "maxcor": 30})
        rest = np.abs(found.jac).max()
        if not rest <= max(100 * tolerance, 1e-6) * slope:
            raise ArithmeticError(f"infer: after {found.nit} steps the energy's slope is still {rest:.3g}, of {slope:.3g} at the "
                                  f"start ({found.message}): try another start or more steps, or see whether the energy has a "
                                  "minimum in z at all")
        return shaped(found.x)

    def mean(self, x: Any, candidates: Any, p: Any) -> Any:
        r"""Mean energy over what is missing, :math:`e_\mu(x) = \sum_z p(z)\, e(x, z)`: array (N,).  Cho (1.2).

        Parameters
        ----------
        x : array (N, ...)
        candidates : all K values of z
        p : array (K,), their probabilities; or (N, K), where they depend on the observation

        Raises
        ------
        ValueError
            Where p is no distribution over the candidates.

        Examples
        --------
        >>> model = EnergyFunction(lambda x, z, theta: (x - theta[z]) ** 2 / 2, theta=np.array([0.0, 4.0]))
        >>> model.mean(np.array([0.0, 2.0]), [0, 1], [0.5, 0.5])
        array([4., 2.])
        >>> model.variance(np.array([0.0, 2.0]), [0, 1], [0.5, 0.5])
        array([16.,  0.])
        """
        energies = self.table(x, candidates)
        return np.sum(_distribution(p, energies) * energies, axis=1)              # (1.2)

    def variance(self, x: Any, candidates: Any, p: Any) -> Any:
        r"""How far the energy depends on what is missing, :math:`\mathbb E[(e(x, z) - e_\mu(x))^2]`: array (N,).  Cho (1.3).

        Parameters and errors are those of `mean`.
        """
        energies = self.table(x, candidates)
        p = _distribution(p, energies)
        return np.sum(p * (energies - np.sum(p * energies, axis=1, keepdims=True)) ** 2, axis=1)    # (1.3)


def average_energy(e: Callable, theta: Any, x: Any, regularizer: Callable[[Any], Any] | None = None) -> Any:
    r"""What learning lowers: the mean energy of the data (1.6), or that less a regularizer R (1.7).

    .. math:: \min_\theta\; \mathbb E_{x \sim p_{\text{data}}}\bigl[e(x, \varnothing; \theta) - R(\theta)\bigr]

    Without R this is no objective: an energy that can be low everywhere will be, and then says nothing. `hinge` makes an R.

    Parameters
    ----------
    e : function (x, z, theta) -> energies (N,)
    theta : tree of arrays
    x : array (N, ...)
    regularizer : function theta -> number

    Examples
    --------
    >>> e = lambda x, z, theta: theta * x ** 2
    >>> x = np.array([1.0, 2.0])
    >>> float(average_energy(e, 3.0, x)), float(average_energy(e, 3.0, x, lambda theta: theta))
    (7.5, 4.5)
    """
    mean = np.mean(e(x, None, theta))                                             # (1.6)
    return mean if regularizer is None else mean - regularizer(theta)             # (1.7)


def hinge(e: Callable, others: Any, margin: float = 1.0) -> Callable[[Any], Any]:
    r"""A regularizer that holds the energy of undesirable observations up.

    .. math:: R(\theta) = -\mathbb E_{x' \sim q}\bigl[\max(0,\; m - e(x', \varnothing; \theta))^2\bigr]

    It pushes where the energy is below the margin m and nowhere else, so it can't win by raising energies forever.

    Parameters
    ----------
    e : function (x, z, theta) -> energies (N,)
    others : array (M, ...), observations that the data should be told apart from
    margin : float, m > 0

    Returns
    -------
    function theta -> number, at most 0

    Examples
    --------
    >>> R = hinge(lambda x, z, theta: theta * x ** 2, np.array([1.0, 2.0]))
    >>> float(R(0.0)), float(R(0.5)), float(R(1.0))
    (-1.0, -0.125, -0.0)
    """
    if not margin > 0:
        raise ValueError(f"margin must be positive, got {margin!r}: it is how high the energy of others shall be at least")
    return lambda theta: -np.mean(np.maximum(0, margin - e(others, None, theta)) ** 2)


def _count(x):
    """How many observations x holds."""
    lengths = [np.shape(part)[:1] for part in (x if isinstance(x, tuple) else (x,))]
    if len(set(lengths)) != 1 or lengths[0] == ():
        raise ValueError("x must be an array (N, ...), or a tuple of arrays with N entries each, got first axes of "
                         + ", ".join(str(n[0]) if n else "none" for n in lengths))
    return lengths[0][0]


def _distribution(p, energies):
    p = np.asarray(p, dtype=float)
    if p.shape not in (energies.shape[1:], energies.shape):
        raise ValueError(f"p must be an array ({energies.shape[1]},), a probability for each candidate, or {energies.shape}, "
                         f"a row of them for each observation, got shape {p.shape}")
    if not (np.all(p >= 0) and np.allclose(p.sum(axis=-1), 1)):
        raise ValueError(f"p must be probabilities that sum to one, got sums {np.unique(p.sum(axis=-1).round(6))}, "
                         f"the least {p.min(initial=0):.3g}")
    return p
