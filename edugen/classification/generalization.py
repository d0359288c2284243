r"""Generalization: how far the risk on the data may lie from the risk.  Cho §2.4.1.

The risk :math:`R(\theta) = \mathbb E[L([x, y], \theta)]`, (2.96), is what a classifier is to be judged by, and is not known. Its
mean over N examples, the empirical risk, is. The bounds say how far apart the two may be, but for bad luck of probability
:math:`\delta`; they know nothing of the classifier and nothing of the data, only that losses lie between 0 and 1.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["dichotomies", "empirical_risk", "examples_needed", "failure_probability", "gaussian_risk",
           "half_space", "risk_bound", "risk_gap"]


def empirical_risk(losses: np.ndarray) -> float:
    r"""Mean loss of N examples, :math:`\hat R(\theta) = S_N / N`.  Cho (2.97), (2.98).

    Parameters
    ----------
    losses : array (N,), each from 0 to 1, as the bounds of this file need them

    Raises
    ------
    ValueError
        Where there is no loss, or one below 0 or above 1.

    Examples
    --------
    >>> empirical_risk(np.array([0, 1, 0, 0]))
    0.25
    """
    losses = np.asarray(losses)
    if losses.ndim != 1 or not losses.size or not np.all((losses >= 0) & (losses <= 1)):
        raise ValueError(f"losses must be an array (N,) of at least one number from 0 to 1, got shape {losses.shape}"
                         + (f", from {losses.min():.3g} to {losses.max():.3g}: divide by the largest a loss can be"
                            if losses.size else ""))
    return float(np.sum(losses) / len(losses))                                   # (2.97), (2.98)


def failure_probability(n: Any, epsilon: Any, models: int = 1) -> Any:
    r"""Hoeffding's bound on the probability that the two risks of any model are :math:`\epsilon` or more apart.  Cho (2.99), (2.107).

    .. math:: p\bigl(\textstyle\bigcup_\theta |R(\theta) - \hat R(\theta)| \ge \epsilon\bigr)
              \le 2 \exp(\log |\Theta| - 2 N \epsilon^2)

    Parameters
    ----------
    n : int, or array of them
        Number of examples.
    epsilon : float, or array
    models : int, :math:`|\Theta|`
        How many are chosen from. With 1 the model is fixed before the data are seen.

    Returns
    -------
    float or array; above 1 the bound says nothing

    Examples
    --------
    >>> round(failure_probability(1000, 0.05), 4)
    np.float64(0.0135)
    """                                                                         # noqa: E501
    return 2 * np.exp(math.log(_models(models)) - 2 * _n(n) * np.square(epsilon))       # (2.99), (2.107)


def risk_gap(n: Any, delta: Any, models: int = 1) -> Any:
    r"""How far the two risks may be apart, with probability :math:`1 - \delta`.  Cho (2.104), (2.109).

    .. math:: \epsilon = \sqrt{\frac{\log |\Theta| + \log \frac 2 \delta}{2N}}

    This is (2.109) with its sign mended (see `edugen errata`).

    Parameters
    ----------
    n : int, or array of them
    delta : float, or array; between 0 and 1
    models : int

    Examples
    --------
    >>> risk_gap(1000, 0.05).round(4), risk_gap(1000, 0.05, models=1_000_000).round(4)
    (np.float64(0.0429), np.float64(0.0936))
    """
    return np.sqrt((math.log(_models(models)) + np.log(2 / _delta(delta))) / (2 * _n(n)))       # (2.104), (2.109)


def risk_bound(empirical: Any, n: Any, delta: Any, models: int = 1) -> Any:
    r"""What the risk is below, with probability at least :math:`1 - \delta`.  Cho (2.105).

    Where the model was chosen with the help of these very n examples, `models` has to count all that might have been chosen.

    Parameters
    ----------
    empirical : float, or array; :math:`\hat R(\theta)`, from 0 to 1
    n, delta, models : as of `risk_gap`

    Raises
    ------
    ValueError
        Where a number lies out of its range.

    Examples
    --------
    >>> risk_bound(0.1, 1000, 0.05).round(4)
    np.float64(0.1429)
    """
    empirical = np.asarray(empirical)
    if not np.all((empirical >= 0) & (empirical <= 1)):
        raise ValueError(f"empirical must be a mean loss from 0 to 1, got {empirical}")
    return empirical[()] + risk_gap(n, delta, models)                            # (2.105)


def examples_needed(epsilon: float, delta: float, models: int = 1) -> int:
    r"""The fewest examples with which `risk_gap` is at most epsilon.  Cho (2.103), (2.108).

    It grows with the logarithm of the number of models.

    Examples
    --------
    >>> examples_needed(0.01, 0.05), examples_needed(0.01, 0.05, models=1_000_000)
    (18445, 87522)
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon must be a positive number, got {epsilon!r}: no number of examples makes two risks equal")
    return math.ceil((math.log(_models(models)) + math.log(2 / _delta(delta))) / (2 * epsilon ** 2))


def gaussian_risk(w: Any, b: Any, mean: np.ndarray, std: float = 1.0) -> Any:
    r"""The risk itself, where it is known: a linear classifier of two Gaussian clouds.  Cho (2.96).

    Labels -1 and 1 are equally likely, :math:`x \mid y \sim \mathcal N(y \mu, \sigma^2 I)`, and the classifier says the sign of
    :math:`w^\top x + b`. The score of x is normal, and so its zero-one loss is a tail of the normal distribution.

    Parameters
    ----------
    w : array (..., D), not zero
    b : array (...)
    mean : array (D,), :math:`\mu`
    std : float

    Returns
    -------
    array (...)

    Examples
    --------
    >>> gaussian_risk(np.array([1.0, 0.0]), 0.0, np.array([1.0, 0.0])).round(4)
    np.float64(0.1587)
    """
    from scipy.special import ndtr
    w, mean = np.asarray(w, dtype=float), np.asarray(mean, dtype=float)
    length = std * np.linalg.norm(w, axis=-1)
    if not np.all(length > 0):
        raise ValueError("w and std must not be zero: there is no plane between the clouds then")
    return (ndtr(-(w @ mean + b) / length) + ndtr(-(w @ mean - b) / length)) / 2


# Infinitely many models: what they can tell apart ---------------------------------------------------------------------------

def half_space(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether some plane has all points labeled 1 on one side, and those labeled -1 on the other.

    Parameters
    ----------
    x : array (N, D)
    y : array (N,) of -1 and 1

    Examples
    --------
    >>> half_space(np.array([[0, 0], [1, 1], [0, 1], [1, 0]]), np.array([1, 1, -1, -1]))            # exclusive or
    False
    """
    from scipy.optimize import linprog
    rows = -np.asarray(y)[:, None] * np.column_stack([x, np.ones(len(x))])       # y (w'x + b) >= 1, a linear program
    found = linprog(np.zeros(rows.shape[1]), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None))
    return found.status == 0


def dichotomies(x: np.ndarray, realizes: Callable[[np.ndarray, np.ndarray], bool] = half_space) -> np.ndarray:
    """All ways to label the points that some model of a class can produce.  Cho §2.4.1.

    A class *shatters* the points where these are all 2^N. The VC dimension is the largest number of points that it shatters, for
    the best placed of them; a class that shatters N points can fit any labels of theirs, and a fit says nothing.

    Parameters
    ----------
    x : array (N, D), at most 16 points, for all labelings are tried
    realizes : function (x, labels (N,)) -> bool
        Whether the class has a model that gives x these labels.

    Returns
    -------
    array (number of ways, N), of -1 and 1

    Examples
    --------
    >>> triangle, square = np.array([[0, 0], [1, 0], [0, 1]]), np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    >>> len(dichotomies(triangle)), len(dichotomies(square))       # all 8 of three points; of four, two are missing
    (8, 14)
    """
    if len(x) > 16:
        raise ValueError(f"x must be at most 16 points, got {len(x)}: all 2^{len(x)} labelings would be tried")
    every = 2 * (np.arange(2 ** len(x))[:, None] >> np.arange(len(x)) & 1) - 1
    return np.array([y for y in every if realizes(x, y)], dtype=int).reshape(-1, len(x))


def _n(n):
    if not np.all(np.asarray(n) >= 1):
        raise ValueError(f"n must be a number of examples, at least 1, got {n!r}")
    return np.asarray(n)[()]


def _delta(delta):
    if not np.all((np.asarray(delta) > 0) & (np.asarray(delta) < 1)):
        raise ValueError(f"delta must be a probability of failure between 0 and 1, got {delta!r}: a bound that never fails is 1")
    return np.asarray(delta)[()]


def _models(models):
    if not models >= 1:
        raise ValueError(f"models must be how many are chosen from, at least 1, got {models!r}")
    return models
