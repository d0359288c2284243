r"""Descent: how far a step may go, and what noise costs.  Cho §2.3, §2.3.1, §2.3.2.

A function is *smooth* with constant L where its gradient changes by at most L times the way, :math:`\lVert\nabla f(x) - \nabla f(y)\rVert \le L
\lVert x - y\rVert`. It then lies below a parabola at each of its points, and all about the length of a step is read off that parabola.
"""                                                                             # noqa: E501
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edugen.autodiff import grad, hvp, jacobian

__all__ = ["best_step", "check_smoothness", "curvature_needed", "descend", "example_gradients", "expected_progress",
           "guaranteed_progress", "smoothness", "upper_bound"]

Function = Callable[[Any], Any]


def example_gradients(losses: Function, theta: np.ndarray) -> np.ndarray:
    r"""Gradient of each example's loss, :math:`g_i = \nabla f_i(\theta)`.  Cho (2.72).

    Their mean is the gradient of the mean loss (2.71), so one of them, drawn at random, is an unbiased estimate of it.

    Parameters
    ----------
    losses : function theta -> array (N,)
    theta : array (D,)

    Returns
    -------
    array (N, D)

    Raises
    ------
    ValueError
        Where the losses are not (N,): an average is not decomposed any more.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 6.0])
    >>> example_gradients(lambda theta: (theta[0] - x) ** 2 / 2, np.zeros(1)).ravel()
    array([-1., -2., -6.])
    """
    shape = np.shape(losses(theta))
    if len(shape) != 1:
        raise ValueError(f"losses must give one number for each example, an array (N,), got shape {shape}")
    return jacobian(losses)(theta)                                               # (2.72)


def upper_bound(f: Function, x: np.ndarray, y: np.ndarray, L: float) -> float:
    r"""The parabola above f that the descent lemma hangs at x, :math:`f(x) + \nabla f(x)^\top (y - x) + \tfrac L2 \lVert y - x\rVert^2`.

    Cho (2.74), (2.79).

    Examples
    --------
    >>> float(upper_bound(lambda x: np.sum(x ** 2), np.ones(2), np.array([0.0, 2.0]), L=2))      # exact, for a parabola
    4.0
    """                                                                         # noqa: E501
    d = np.asarray(y) - x
    return f(x) + np.sum(grad(f)(x) * d) + L / 2 * np.sum(d * d)                 # (2.74)


def curvature_needed(f: Function, x: np.ndarray, y: np.ndarray) -> float:
    r"""The least L with which (2.74) holds for this pair.

    .. math:: 2\,(f(y) - f(x) - \nabla f(x)^\top(y - x)) / \lVert y - x\rVert^2

    It is a mean of second derivatives on the way, nearer ones with more weight, and so no larger than the largest.

    Examples
    --------
    >>> curvature_needed(lambda x: np.sum(x ** 2), np.zeros(2), np.ones(2))
    2.0
    """
    d = np.asarray(y) - x
    return float(2 * (f(np.asarray(y)) - f(x) - np.sum(grad(f)(x) * d)) / np.sum(d * d))


def check_smoothness(f: Function, L: float, x: np.ndarray, y: np.ndarray, tolerance: float = 1e-7) -> float:
    r"""Hold the descent lemma (2.74) against pairs of points, and refuse an L that is too small for one of them.

    Parameters
    ----------
    f : function (D,) -> number
    L : float
    x, y : arrays (P, D), P pairs of points
    tolerance : float
        How far the bound may be missed for rounding, relative to the numbers that are subtracted.

    Returns
    -------
    float, the largest curvature that a pair needs, at most L but for rounding: a lower bound of the true constant

    Raises
    ------
    ValueError
        Where a pair breaks the bound: it is named, with what it needs. Or where x and y are no pairs.

    Examples
    --------
    >>> x, y = np.random.default_rng(0).normal(size=(2, 100, 1))
    >>> round(check_smoothness(lambda x: -np.sum(np.cos(x)), 1.0, x, y), 2)
    1.0
    >>> check_smoothness(lambda x: -np.sum(np.cos(x)), 0.5, x, y)
    Traceback (most recent call last):
    ValueError: L = 0.5 is too small: from ... to ... the function rises ... above its parabola; this pair needs L = 0...
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or x.shape != y.shape or not x.size:
        raise ValueError(f"x and y must be pairs of points, two arrays (P, D), got shapes {x.shape} and {y.shape}")
    slope, worst = grad(f), -np.inf
    for a, b in zip(x, y, strict=True):
        d = b - a
        if not d.any():
            continue
        low, high, linear = f(a), f(b), slope(a) @ d
        excess = high - low - linear - L / 2 * d @ d                            # (2.74)
        needed = 2 * (high - low - linear) / (d @ d)
        if excess > tolerance * (abs(low) + abs(high) + abs(linear)):
            raise ValueError(f"L = {L:g} is too small: from {a} to {b} the function rises {excess:.3g} above its parabola; "
                             f"this pair needs L = {needed:.4g}")
        worst = max(worst, needed)
    return float(worst)


def smoothness(f: Function, theta: np.ndarray, rng: int | np.random.Generator = 0, rounds: int = 1000,
               tolerance: float = 1e-10) -> float:
    r"""The curvature of f at a point in its steepest direction: the largest size of an eigenvalue of the Hessian.

    By powers of the Hessian, of which only products with vectors are needed: one costs about two gradients, for any number of
    parameters. For a quadratic function this is the constant L of (2.74), for others a constant for the neighborhood.

    Parameters
    ----------
    f : function theta -> number
    theta : array (D,)
    rng : seed or Generator, draws the first direction
    rounds : int, products at most
    tolerance : float, relative change at which to stop

    Returns
    -------
    float

    Raises
    ------
    ArithmeticError
        Where the size has not settled after all rounds.

    Examples
    --------
    >>> h = np.array([1.0, 5.0, 3.0])
    >>> round(smoothness(lambda x: np.sum(h * x ** 2) / 2, np.ones(3)), 6)
    5.0
    """
    v = np.random.default_rng(rng).normal(size=np.shape(theta))
    size, v = 0.0, v / np.linalg.norm(v)
    for _ in range(rounds):
        w = hvp(f)(theta, v)
        before, size = size, float(np.linalg.norm(w))
        if size == 0 or abs(size - before) <= tolerance * size:
            return size
        v = w / size
    raise ArithmeticError(f"smoothness: after {rounds} products the curvature still changes, from {before:.6g} to {size:.6g}; "
                          "ask for more rounds, or a larger tolerance")


def descend(f: Function, theta: np.ndarray, alpha: float | Callable[[int], float], steps: int) -> np.ndarray:
    r"""Gradient descent with the full gradient, :math:`\theta_{t+1} = \theta_t - \alpha_t \nabla f(\theta_t)`.  Cho (2.80).

    Parameters
    ----------
    f : function (D,) -> number
    theta : array (D,), :math:`\theta_0`
    alpha : float, or function of the step t = 0, 1, ...
    steps : int, T

    Returns
    -------
    array (T + 1, D), :math:`\theta_0` to :math:`\theta_T`

    Examples
    --------
    >>> descend(lambda x: np.sum(x ** 2), np.array([1.0]), 0.25, 3).ravel()
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    slope, places = grad(f), [np.array(theta, dtype=float)]
    for t in range(steps):
        rate = alpha(t) if callable(alpha) else alpha
        places.append(places[-1] - rate * slope(places[-1]))                    # (2.80)
    return np.stack(places)


def guaranteed_progress(alpha: Any, L: float, g: np.ndarray) -> Any:
    r"""How much a step along the gradient lowers f at least, :math:`(\alpha - \tfrac L2\alpha^2)\,\lVert g\rVert^2`.  Cho (2.83).

    Positive for :math:`0 < \alpha < 2/L`, and largest at `best_step`: :math:`\lVert g\rVert^2 / 2L`.

    Examples
    --------
    >>> guaranteed_progress(np.array([0.25, 0.5, 1.0]), L=2, g=np.array([2.0, 0.0]))
    array([0.75, 1.  , 0.  ])
    """
    return (alpha - L / 2 * alpha ** 2) * np.sum(np.square(g))                  # (2.83)


def best_step(L: float) -> float:
    r"""The step with most guaranteed progress, :math:`\alpha = 1/L`.  Cho (2.84).

    Examples
    --------
    >>> best_step(4.0)
    0.25
    """
    if not 0 < L < np.inf:
        raise ValueError(f"L must be a positive number, got {L!r}: where a function has no curvature there is no best step")
    return 1 / L                                                                # (2.84)


def expected_progress(gradients: np.ndarray, alpha: float, L: float) -> tuple[float, float]:
    r"""What SGD's step does to f on average, at most: down by (a) for the slope, up by (b) for the noise.  Cho (2.88).

    .. math::

        \mathbb E[f(\theta_{t+1})] - f(\theta_t) \le -\underbrace{\alpha\,\lVert\nabla f\rVert^2}_{(a)}
        + \underbrace{\alpha^2 \tfrac L2\, \mathbb E\lVert g_i\rVert^2}_{(b)}

    For a quadratic function whose examples all have the Hessian L times the identity this is an equality. At the minimum (a) is zero and (b) is not:
    :math:`\mathbb E\lVert g_i\rVert^2` is then the trace of the gradients' covariance.

    Parameters
    ----------
    gradients : array (N, D), those of `example_gradients`
    alpha, L : floats

    Returns
    -------
    (a), (b) : floats, both at least 0

    Examples
    --------
    >>> expected_progress(np.array([[1.0], [3.0]]), alpha=0.5, L=2.0)
    (2.0, 1.25)
    """                                                                         # noqa: E501
    gradients = np.asarray(gradients)
    if gradients.ndim != 2 or not len(gradients):
        raise ValueError(f"gradients must be an array (N, D), one row for each example, got shape {gradients.shape}")
    mean, square = gradients.mean(axis=0), np.mean(np.sum(gradients ** 2, axis=1))
    return float(alpha * (mean @ mean)), float(alpha ** 2 * L / 2 * square)     # (2.88)
