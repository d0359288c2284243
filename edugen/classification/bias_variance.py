r"""Bias, variance and noise: three reasons for an error.  Cho §2.4.2, and the classifiers of §2.4.3 that can't be told apart.

A label :math:`y \in \{-1, 1\}` is drawn from :math:`p(y \mid x)`, and a model from some :math:`q(\theta)`: of other training
data, another initialization, another seed. The zero-one loss is a quarter of a squared difference, (2.116), and so its mean
falls apart:

.. math::
    \mathbb E (y - \hat y)^2 = \underbrace{\mathbb E(y - \mu_y)^2}_{\text{noise}}
    + \underbrace{\mathbb E_\theta(\hat y - \hat\mu_y)^2}_{\text{variance}}
    + \underbrace{(\mu_y - \hat\mu_y)^2}_{\text{bias}}

Nothing of it needs labels of -1 and 1 but the quarter: it is as true of regression.
"""
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from edugen.executors import map_runs

__all__ = ["Decomposition", "decompose", "decompose_labels", "k_nearest", "move_weight", "retrain"]


@dataclass(frozen=True)
class Decomposition:
    """The three terms at each of N inputs; `noise + variance + bias` is the mean squared difference.  Cho (2.121), (2.122).

    Attributes
    ----------
    noise : array (N,), (a): of the target; nothing helps against it
    variance : array (N,), (b): of the prediction, from model to model
    bias : array (N,), (c): squared difference of the two means
    """

    noise: np.ndarray
    variance: np.ndarray
    bias: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Mean squared difference of target and prediction at each input: (N,)."""
        return self.noise + self.variance + self.bias

    def mean(self, weights: np.ndarray | None = None) -> dict[str, float]:
        r"""The terms on average over inputs, by their names.

        Parameters
        ----------
        weights : array (N,), :math:`p(x)`; by default all inputs count alike
        """
        terms = {"noise": self.noise, "variance": self.variance, "bias": self.bias, "total": self.total}
        return {name: float(np.average(term, weights=weights)) for name, term in terms.items()}


def decompose(predictions: np.ndarray, target_mean: np.ndarray, target_variance: np.ndarray,
              weights: np.ndarray | None = None) -> Decomposition:
    r"""Take the mean squared difference of target and prediction apart, at each input.  Cho (2.118) to (2.124).

    Target and prediction are independent given the input: the model has not seen this very target.

    Parameters
    ----------
    predictions : array (M, N), of M models at N inputs
    target_mean, target_variance : arrays (N,), of the target given the input; :math:`\mu_y` is (2.123)
    weights : array (M,), :math:`q(\theta)`; by default all models are as likely

    Returns
    -------
    Decomposition

    Raises
    ------
    ValueError
        Where shapes do not fit, a variance is negative, or the weights are no distribution.

    Examples
    --------
    >>> terms = decompose(np.array([[1.0], [3.0]]), target_mean=np.array([5.0]), target_variance=np.array([0.5]))
    >>> terms.noise, terms.variance, terms.bias, terms.total
    (array([0.5]), array([1.]), array([9.]), array([10.5]))
    """
    predictions, target_mean, target_variance = (np.asarray(a, dtype=float) for a in (predictions, target_mean, target_variance))
    if predictions.ndim != 2 or not len(predictions) or not predictions.shape[1:] == target_mean.shape == target_variance.shape:
        raise ValueError("predictions must be an array (M, N) of M models at N inputs, the target's mean and variance arrays "
                         f"(N,); got shapes {predictions.shape}, {target_mean.shape} and {target_variance.shape}")
    if np.any(target_variance < 0):
        raise ValueError(f"target_variance must be at least 0, got {target_variance.min()}")
    q = np.full(len(predictions), 1 / len(predictions)) if weights is None else np.asarray(weights, dtype=float)
    if q.shape != predictions.shape[:1] or np.any(q < 0) or not np.isclose(q.sum(), 1):
        raise ValueError(f"weights must be a probability for each of {len(predictions)} models, with sum 1, got shape {q.shape} "
                         f"with sum {q.sum()}")
    mean = q @ predictions                                                       # (2.124)
    return Decomposition(target_variance, q @ (predictions - mean) ** 2, (target_mean - mean) ** 2)


def decompose_labels(predictions: np.ndarray, p: np.ndarray, weights: np.ndarray | None = None) -> Decomposition:
    r"""The three terms for labels and predictions of -1 and 1; a quarter of each is its share of the zero-one loss.  Cho (2.116).

    Parameters
    ----------
    predictions : array (M, N) of -1 and 1
    p : array (N,), :math:`p(y = 1 \mid x)`
    weights : as of `decompose`

    Raises
    ------
    ValueError
        Where a prediction is neither -1 nor 1, or p is no probability. And those of `decompose`.

    Examples
    --------
    Two of three models say 1, where 1 has probability 0.9. The error is 2/3 · 0.1 + 1/3 · 0.9:

    >>> terms = decompose_labels(np.array([[1], [1], [-1]]), p=np.array([0.9]))
    >>> terms.total / 4
    array([0.36666667])
    """
    predictions, p = np.asarray(predictions), np.asarray(p, dtype=float)
    if not np.all(np.abs(predictions) == 1):
        raise ValueError(f"predictions must be -1 or 1, got {np.unique(predictions)[:5]}: for labels 0 and 1 take 2 y - 1")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"p must be probabilities of the label 1, got numbers from {p.min()} to {p.max()}")
    return decompose(predictions, 2 * p - 1, 1 - (2 * p - 1) ** 2, weights)      # (2.123): mu = p - (1 - p); E y^2 = 1


def retrain(fit: Callable[..., Callable], draw: Callable[[np.random.Generator], Any], x: np.ndarray, models: int = 100,
            rng: int | np.random.Generator = 0, executor: Executor | None = None) -> np.ndarray:
    r"""Predictions of models that were each trained anew: draws from :math:`q(\theta)`, seen at x.  Cho §2.4.2.

    Parameters
    ----------
    fit : function (rng, *data) -> predict, a function x -> predictions (N,)
        The generator is for what is random in learning itself.
    draw : function rng -> data, a tuple
        A training set, new or the same each time: so the variance is of the data, or of learning alone.
    x : array (N, ...)
    models : int, M
    executor : Executor, optional
        Where the trainings run, as in `edugen.executors.map_runs`; in this process, by default.

    Returns
    -------
    array (M, N)

    Examples
    --------
    The mean of 5 numbers, as a prediction:

    >>> predictions = retrain(lambda rng, y: lambda x: np.full(len(x), y.mean()), lambda rng: (rng.normal(size=5),), np.zeros(1),
    ...                       models=2000)
    >>> round(float(predictions.var()), 2)
    0.19
    """
    if models < 1:
        raise ValueError(f"retrain needs at least one model, got models = {models}")
    return np.stack(map_runs(partial(_trained, fit, draw, x), range(models), np.random.default_rng(rng), executor, unit="model"))


def _trained(fit, draw, x, _, rng):
    return fit(rng, *draw(rng))(x)


def k_nearest(x: np.ndarray, y: np.ndarray, k: int) -> Callable[[np.ndarray], np.ndarray]:
    """The mean target of the k nearest examples: a model whose size is N / k.  Its sign is a vote.

    Parameters
    ----------
    x : array (N, D)
    y : array (N,)
    k : int from 1 to N; an odd one, for votes without ties

    Returns
    -------
    function (array (Q, D)) -> array (Q,)

    Examples
    --------
    >>> k_nearest(np.array([[0.0], [1.0], [5.0]]), np.array([1.0, 2.0, 9.0]), k=2)(np.array([[0.4]]))
    array([1.5])
    """
    from scipy.spatial import cKDTree
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise ValueError("x must be an array (N, D) and y have one target for each row, (N,), got shapes "
                         f"{x.shape} and {y.shape}")
    if not 1 <= k <= len(x):
        raise ValueError(f"k must be a number of neighbors from 1 to {len(x)}, the number of examples, got {k!r}")
    tree = cKDTree(x)
    return lambda at: y[tree.query(np.asarray(at, dtype=float), k=[*range(1, k + 1)])[1]].mean(axis=1)


def move_weight(W: np.ndarray, c: int, i: int, j: int, alpha: float) -> np.ndarray:
    r"""Weights that let feature j of category c do the work of feature i.  Cho (2.132) to (2.133).

    Where :math:`x_j = \alpha x_i`, (2.131), the energy of c is the same as before; elsewhere it is not.

    Parameters
    ----------
    W : array (K, D)
    c, i, j : ints, a category and two features
    alpha : float, not 0

    Returns
    -------
    array (K, D), a new one

    Examples
    --------
    >>> move_weight(np.array([[6.0, 0.0]]), c=0, i=0, j=1, alpha=2.0)
    array([[0., 3.]])
    """
    if i == j or alpha == 0 or not np.isfinite(alpha):
        raise ValueError("move_weight takes two features, and a finite alpha other than 0, got "
                         f"i = {i}, j = {j}, alpha = {alpha}")
    W = np.array(W, dtype=float)
    W[c, j] += W[c, i] / alpha                                                   # (2.133)
    W[c, i] = 0
    return W
