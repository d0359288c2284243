r"""From energies to probabilities: maximum entropy, softmax, cross-entropy.  Cho §2.1.2.

Of all distributions over the categories, take the one of low average energy that commits itself to nothing else: it
maximizes the entropy less the average energy, and is the softmax of the negative energies. The cross-entropy loss is its
surprise at the true category. A step against its gradient lowers the energy of the true category and raises that of all, each
by its probability; an inverse temperature beta decides how sharply those are told apart, from uniform (0) to the perceptron's
single winner (infinity).

Shapes are those of `losses`: energies (N, K), one row an input; categories y, integers (N,); one loss an input.
"""
from typing import Any

import numpy as np

from edugen.autodiff import primitive, rule
from edugen.background.information import entropy

from .losses import energy_of, one_hot

__all__ = ["cross_entropy_loss", "entropy", "lagrangian", "maximum_entropy_objective", "probabilities"]


def maximum_entropy_objective(p: Any, energies: Any) -> Any:
    r"""Entropy less average energy, :math:`-\sum_i a_i p_i - \sum_i p_i \log p_i`, of each row.  Cho (2.17).

    Over the distributions, (2.18) and (2.19), it is largest at `probabilities(energies)`, where it is
    :math:`\log \sum_i \exp(-a_i)`.

    Examples
    --------
    >>> energies = np.array([0.0, np.log(3.0)])
    >>> np.isclose(maximum_entropy_objective(probabilities(energies), energies), np.log(1 + 1 / 3))
    np.True_
    """
    return -np.sum(energies * p, axis=-1) + entropy(p)                                       # (2.17)


def lagrangian(p: Any, multipliers: Any, slacks: Any, gamma: Any, energies: Any) -> Any:
    r"""The objective (2.17) with a term for each constraint: :math:`p_i = s_i^2`, so (2.18), and (2.19).  Cho (2.20).

    Parameters
    ----------
    p, multipliers, slacks, energies : arrays (..., K): p, lambda, s and a
    gamma : array (...)

    Returns
    -------
    array (...)

    Examples
    --------
    >>> half = np.array([0.5, 0.5])
    >>> value = lagrangian(half, np.array([7.0, -3.0]), np.sqrt(half), 2.0, np.zeros(2))
    >>> np.isclose(value, np.log(2))                           # feasible: the constraints add nothing
    np.True_
    """
    return (maximum_entropy_objective(p, energies)
            + np.sum(multipliers * (p - slacks ** 2), axis=-1)
            + gamma * (np.sum(p, axis=-1) - 1))                                              # (2.20)


def probabilities(energies: Any, beta: float = 1.0) -> Any:
    r"""Softmax of the negative energies, :math:`p(y \mid x) \propto \exp(-\beta\, e([x, y]))`.  Cho (2.29), (2.33).

    At beta = 1 these are the probabilities that maximize (2.17): no derivative of the Lagrangian (2.20) is left (2.21)-(2.24),
    and the multiplier gamma sees to their sum (2.25)-(2.28).

    Parameters
    ----------
    energies : array (..., K)
    beta : float from 0 to infinity, the inverse temperature
        At 0 all categories are equally probable (2.34); at infinity the one of lowest energy has it all (2.35), (2.36), and
        where several tie they share it.

    Returns
    -------
    array (..., K), rows sum to one

    Examples
    --------
    >>> energies = np.array([0.0, np.log(3.0), 1e4])
    >>> for beta in (0.0, 1.0, 2.0, np.inf):
    ...     print(probabilities(energies, beta))
    [0.33333333 0.33333333 0.33333333]
    [0.75 0.25 0.  ]
    [0.9 0.1 0. ]
    [1. 0. 0.]
    """
    _, weights = _weights(energies, beta)
    return weights / np.sum(weights, axis=-1, keepdims=True)                                 # (2.29)


@primitive
def cross_entropy_loss(energies: Any, y: Any, beta: float = 1.0) -> Any:
    r"""Surprise at the true category, (N,).  Cho (2.30).

    .. math:: L_{\text{ce}} = e([x, y]) + \frac{1}{\beta} \log \sum_{y'} \exp(-\beta\, e([x, y']))

    At :math:`\beta = 1` this is :math:`-\log p(y \mid x)`, the negative log-likelihood. At any other it is the loss whose
    gradient has the negative term (2.33); as beta grows, it falls to the perceptron loss, and reaches it at infinity.

    Parameters
    ----------
    energies : array (N, K)
    y : integers (N,)
    beta : float, positive, or infinity: the inverse temperature

    Examples
    --------
    >>> energies = np.array([[0.0, np.log(3.0)], [0.0, 1e4]])
    >>> np.round(cross_entropy_loss(energies, np.array([1, 1])), 4)         # -log 1/4; and where exp(-1e4) is 0 to the machine
    array([1.3863e+00, 1.0000e+04])
    """
    if not beta > 0:
        raise ValueError(f"beta must be positive, got {beta}; as it falls to 0, the loss grows without bound")
    lowest, weights = _weights(energies, beta)
    return energy_of(energies, y) - lowest[:, 0] + np.log(np.sum(weights, axis=1)) / beta    # (2.30)


@rule(cross_entropy_loss)
def _(g, loss, energies, y, beta=1.0):
    positive = one_hot(y, np.shape(energies)[1])           # (a): the energy of the true category alone
    negative = probabilities(energies, beta)               # (b): all energies, each by its probability, (2.33)
    return g[:, None] * (positive - negative)              # (2.31), (2.32), and again (2.38)


def _weights(energies, beta):
    """The lowest energy of each row, and exp(-beta * gap) of each gap above it: none overflows, and the shift cancels."""
    if not beta >= 0:
        raise ValueError(f"beta must be 0 or positive, got {beta}")
    lowest = np.min(energies, axis=-1, keepdims=True)
    gaps = energies - lowest
    weights = np.exp(-beta * gaps) if beta < np.inf else np.where(gaps == 0, 1.0, 0.0)
    return lowest, weights
