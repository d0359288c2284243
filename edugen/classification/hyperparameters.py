r"""Hyperparameters: learning inside of tuning, and a test set that is looked at once.  Cho §2.5, §2.5.2.

Learning makes parameters of data, hyperparameters :math:`\lambda` and noise :math:`\epsilon`; tuning finds the hyperparameters
whose parameters do best on other data:

.. math::
    \mathrm{Learn}(D; \lambda, \epsilon) = \arg\min_\theta \hat R(\theta; D), \qquad
    \mathrm{Tune}(D_{\mathrm{val}}, D) = \arg\min_\lambda
    \mathbb E_\epsilon \bigl[\hat R(\mathrm{Learn}(D; \lambda, \epsilon); D_{\mathrm{val}})\bigr]

(2.139), (2.140). How to search is in `search` and `smbo`.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import grad, hessian, jacobian
from edugen.data import Dataset

from .search import Space, Trials, random_configurations

__all__ = ["HeldOut", "Tuned", "expected_minimum", "forward_jacobian", "implicit_jacobian", "tune"]


@dataclass(frozen=True)
class Tuned:
    """What `tune` found.

    Attributes
    ----------
    configuration : dict, the best
    model : what `learn` made of it, on the training and the validation set together  (2.142)
    trials : Trials, all that were tried, with their validation risks
    """

    configuration: dict[str, Any]
    model: Any
    trials: Trials


def tune(learn: Callable[..., Any], risk: Callable[[Any, Dataset], float], space: Space, training: Dataset, validation: Dataset,
         search: Callable[..., Trials] = random_configurations, n: int = 30, repeats: int = 1, retrain: bool = True,
         rng: int | np.random.Generator = 0, **options: Any) -> Tuned:
    r"""Tune, then learn once more with what was found.  Cho (2.140) to (2.142), (2.151).

    Parameters
    ----------
    learn : function (configuration, data, seed) -> model
    risk : function (model, data) -> float
    space : Space
    training, validation : Dataset
    search : function (objective, space, n, rng, ...) -> Trials
        `random_configurations` or `smbo`.
    n : int, configurations to try
    repeats : int
        How often each is trained, for the mean over the noise of learning.
    retrain : bool
        Whether the final model is learned from training and validation data, (2.142), or the training data alone, (2.141).
    rng : seed or Generator
    **options : of the search, such as executor=

    Returns
    -------
    Tuned
        The risk of its model is in no trial: the best of n validation risks is too good to be true. Take a `HeldOut`.

    Raises
    ------
    ArithmeticError
        Where every training failed: its risk was infinite or not a number.

    Examples
    --------
    >>> from edugen.classification import Integer, k_nearest
    >>> from edugen.data import two_moons
    >>> learn = lambda c, data, seed: k_nearest(data.x, 2 * data.y - 1, c["k"])
    >>> risk = lambda vote, data: np.mean((vote(data.x) > 0) != data.y)
    >>> found = tune(learn, risk, Space(k=Integer(1, 60)), two_moons(0, 100, noise=0.3), two_moons(1, 100, noise=0.3), n=20)
    >>> 1 < found.configuration["k"] < 60
    True
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    rng = np.random.default_rng(rng)
    trials = search(_ValidationRisk(learn, risk, training, validation, repeats), space, n, rng=rng, **options)
    if not np.isfinite(trials.risk):
        raise ArithmeticError(f"tune: none of {len(trials)} trainings had a finite validation risk; the first was "
                              f"{trials.configurations[0]}: search a narrower space, lower rates above all")
    data = training.join(validation) if retrain else training
    return Tuned(trials.best, learn(trials.best, data, int(rng.integers(2 ** 31))), trials)


class _ValidationRisk:
    """Mean validation risk of a configuration over some trainings (2.140); a class, to be sent to another process."""

    def __init__(self, learn: Callable, risk: Callable, training: Dataset, validation: Dataset, repeats: int):
        self.learn, self.risk, self.training, self.validation, self.repeats = learn, risk, training, validation, repeats

    def __call__(self, configuration: dict[str, Any], seed: int) -> float:
        seeds = np.random.SeedSequence(seed).generate_state(self.repeats)
        return float(np.mean([self.risk(self.learn(configuration, self.training, int(s)), self.validation) for s in seeds]))


class HeldOut:
    """A test set that answers once.  Cho §2.5.2.

    A second look, even an honest one, makes it a validation set: whoever has seen two numbers will report the better.

    Parameters
    ----------
    data : Dataset
    risk : function (model, data) -> float

    Examples
    --------
    >>> from edugen.data import two_moons
    >>> test = HeldOut(two_moons(0, 50), risk=lambda model, data: np.mean(model(data.x) != data.y))
    >>> float(test(lambda x: x[:, 1] < 0.25))
    0.18
    >>> test(lambda x: x[:, 1] < 0.3)
    Traceback (most recent call last):
    RuntimeError: this test set has been looked at: it gave 0.18. ...
    """

    def __init__(self, data: Dataset, risk: Callable[[Any, Dataset], float]):
        self._data, self._risk = data, risk
        self._answer: float | None = None

    def __call__(self, model: Any) -> float:
        """The risk of the final model; a second call, with whatever model, raises RuntimeError."""
        if self._answer is not None:
            raise RuntimeError(f"this test set has been looked at: it gave {self._answer:.4g}. A model that was chosen after "
                               "that was chosen by it, and needs new data; what is tried on the way is measured on a validation "
                               "set")
        self._answer = float(self._risk(model, self._data))
        return self._answer

    def __repr__(self) -> str:
        return "HeldOut(not looked at)" if self._answer is None else f"HeldOut({self._answer:.4g})"


def expected_minimum(k: int) -> float:
    r"""Mean of the least of k standard normal numbers: how far the best validation risk is too low, in standard errors.

    Of k configurations that are all as good, the best seems better than it is by this many standard errors of a validation risk.
    Cho §2.5.2.

    Examples
    --------
    >>> [round(expected_minimum(k), 3) for k in (2, 10, 100)]
    [-0.564, -1.539, -2.508]
    """
    from scipy.integrate import quad
    from scipy.special import log_ndtr
    if k < 1:
        raise ValueError(f"k must be a number of configurations, at least 1, got {k!r}")
    density = lambda z: z * k * math.exp(-z * z / 2 + (k - 1) * log_ndtr(-z)) / math.sqrt(2 * math.pi)
    return quad(density, -12, 12, epsabs=1e-12, limit=200, points=[-3, 0])[0]


# The gradient of learning ---------------------------------------------------------------------------------------------------

def forward_jacobian(step: Callable[[Any, Any], Any], theta: np.ndarray, hyper: np.ndarray,
                     steps: int) -> tuple[np.ndarray, np.ndarray]:
    r"""How the parameters after learning depend on the hyperparameters, carried along step by step.  Cho (2.143).

    :math:`Z_{t+1} = \frac{\partial s}{\partial \theta} Z_t + \frac{\partial s}{\partial \lambda}`: forward mode. It is exact for
    any number of steps, converged or not, and costs as much as learning for each hyperparameter.

    Parameters
    ----------
    step : function (theta, hyper) -> theta, one step of learning
    theta : array (D,), where it starts
    hyper : array (H,)
    steps : int

    Returns
    -------
    theta : array (D,), after all steps
    Z : array (D, H), its derivative

    Examples
    --------
    Gradient descent on (theta - hyper)^2 / 2 ends where theta is the hyperparameter:

    >>> theta, Z = forward_jacobian(lambda t, h: t - 0.5 * (t - h), np.zeros(1), np.array([3.0]), steps=60)
    >>> theta.round(6), Z.round(6)
    (array([3.]), array([[1.]]))
    """
    theta, hyper = np.asarray(theta, dtype=float), np.asarray(hyper, dtype=float)
    Z, both = np.zeros((theta.size, hyper.size)), jacobian(step, argnums=(0, 1))
    for _ in range(steps):
        by_theta, by_hyper = both(theta, hyper)
        Z = by_theta @ Z + by_hyper
        theta = step(theta, hyper)
    return theta, Z


def implicit_jacobian(loss: Callable[[Any, Any], Any], theta: np.ndarray, hyper: np.ndarray,
                      tolerance: float = 1e-4) -> np.ndarray:
    r"""The same where learning has ended, by the implicit function theorem.  Cho (2.143).

    The gradient is zero there for all hyperparameters, so its derivative is zero as well:
    :math:`\frac{d\theta}{d\lambda} = -\bigl(\nabla^2_\theta L\bigr)^{-1} \partial_\lambda \nabla_\theta L`. No step is looked at.

    Parameters
    ----------
    loss : function (theta, hyper) -> number, what is minimized in theta
    theta : array (D,), the minimum
    hyper : array (H,)
    tolerance : float
        How large the gradient may be, relative to the curvature times the length of theta, or absolutely.

    Returns
    -------
    array (D, H)

    Raises
    ------
    ValueError
        Where theta is no minimum: the theorem says nothing there.

    Examples
    --------
    >>> implicit_jacobian(lambda t, h: np.sum((t - h) ** 2) / 2, np.array([3.0]), np.array([3.0]))
    array([[1.]])
    """
    theta, hyper = np.asarray(theta, dtype=float), np.asarray(hyper, dtype=float)
    slope, curvature = grad(loss)(theta, hyper), hessian(loss)(theta, hyper)
    left = np.linalg.norm(slope)
    if left > tolerance * max(1.0, float(np.linalg.norm(curvature)) * float(np.linalg.norm(theta))):
        raise ValueError(f"theta is not where learning ends: the gradient has length {left:.3g} there. Train on, or take "
                         "forward_jacobian, which is right after any number of steps")
    return -np.linalg.solve(curvature, jacobian(grad(loss), argnums=1)(theta, hyper))
