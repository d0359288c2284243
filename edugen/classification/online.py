r"""Learning as a game: a round, a loss, and the regret of not having known it all.  Cho §2.3.3.

A learner stands at :math:`\theta_0`. In round t it is shown a loss :math:`f_t`, moves along its gradient,

.. math:: g_t = \nabla f_t(\theta_{t-1}), \qquad \theta_{t-1}, g_t \to \theta_t,

and pays. In the end it is compared with the one point that would have paid least in all rounds together.

A loss is one function for all rounds, `loss(theta, rounds)`: parameters (D,) and what the rounds bring, arrays (T, ...), to the
losses (T,).
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from edugen.autodiff import grad, hessian
from edugen.training import Optimizer

__all__ = ["growth", "hindsight", "play", "regret"]

Loss = Callable[[Any, np.ndarray], Any]


def play(optimizer: Optimizer, loss: Loss, theta: np.ndarray, rounds: np.ndarray,
         box: tuple[float, float] | None = None) -> np.ndarray:
    r"""Where a learner stands before the first round and after each, :math:`\theta_0, \dots, \theta_T`.  Cho §2.3.3.

    Parameters
    ----------
    optimizer : what turns a gradient into a step: `SGD`, `Adam`, ...
    loss : function (theta, rounds) -> array (T,)
    theta : array (D,), the start
    rounds : array (T, ...)
    box : pair of floats, optional
        After each step every parameter is put back between the two (Zinkevich 2003, "online gradient descent").

    Returns
    -------
    array (T + 1, D)

    Raises
    ------
    ValueError
        Where theta is not (D,), a round's loss is not one number, or the box has no room.

    Examples
    --------
    >>> from edugen.classification import SGD
    >>> squared = lambda theta, z: (theta[0] - z) ** 2 / 2
    >>> play(SGD(lambda t: 1 / t), squared, np.zeros(1), np.array([1.0, 2.0, 6.0])).ravel()     # the mean so far
    array([0. , 1. , 1.5, 3. ])
    """
    theta, box = _start(theta, box)
    slope, state = grad(lambda theta, z: _losses(loss, theta, z)[0]), optimizer.init(theta)
    places = np.empty((len(rounds) + 1, theta.size))
    places[0] = theta
    for t in range(len(rounds)):
        theta, state = optimizer.step(theta, slope(theta, rounds[t:t + 1]), state)
        places[t + 1] = theta = np.clip(theta, *box)
    return places


def hindsight(loss: Loss, rounds: np.ndarray, start: np.ndarray, box: tuple[float, float] | None = None,
              tolerance: float = 1e-8) -> np.ndarray:
    r"""The best fixed parameters for rounds that are over, :math:`\theta^* = \arg\min_\theta \sum_t f_t(\theta)`.  Cho (2.89).

    Parameters
    ----------
    loss, rounds, box : as in `play`; the loss convex, and smooth at its minimum
    start : array (D,), where the search begins
    tolerance : float
        The largest slope of the average loss that may be left along a parameter which is free to move.

    Returns
    -------
    array (D,)

    Raises
    ------
    ArithmeticError
        Where no such point is found: the minimum is at a kink, or at infinity.

    Examples
    --------
    >>> hindsight(lambda theta, z: (theta[0] - z) ** 2, np.array([1.0, 2.0, 6.0]), np.zeros(1))
    array([3.])
    """
    from scipy.optimize import minimize

    start, (low, high) = _start(start, box)

    def average(theta):
        return np.mean(_losses(loss, theta, rounds))

    slope, curvature = grad(average), hessian(average)

    def left(theta):                                # of the slope, once the walls have taken what points into them
        return np.clip(theta - slope(theta), low, high) - theta

    theta = minimize(average, start, jac=slope, bounds=[(low, high)] * start.size, method="L-BFGS-B",
                     options={"gtol": tolerance / 10, "ftol": 0.0, "maxiter": 1000}).x
    for _ in range(5):                              # Newton's step among the parameters that no wall holds
        free = left(theta) != 0
        if np.max(np.abs(left(theta)), initial=0) <= tolerance / 100:
            break
        step = np.zeros_like(theta)
        step[free] = np.linalg.lstsq(curvature(theta)[np.ix_(free, free)], -slope(theta)[free], rcond=None)[0]
        better = np.clip(theta + step, low, high)
        if np.max(np.abs(left(better))) >= np.max(np.abs(left(theta))):
            break
        theta = better
    worst = np.max(np.abs(left(theta)), initial=0)
    if not worst <= tolerance:
        raise ArithmeticError(f"hindsight: no minimum of the {len(rounds)} rounds' average loss was found: at {theta} a slope of "
                              f"{worst:.2g} is left. At a kink, or at infinity? Give regret the comparator you mean, or a box.")
    return theta


def regret(loss: Loss, rounds: np.ndarray, places: np.ndarray, box: tuple[float, float] | None = None,
           horizons: Sequence[int] | None = None, paid: str = "before",
           comparator: np.ndarray | None = None) -> np.ndarray:
    r"""What a learner has paid more than the best fixed parameters, :math:`R(T) = \sum_t f_t(\theta_t) - f_t(\theta^*)`.

    Cho (2.89). The lecture lets a learner pay at the point that it moved to having seen the loss (`paid="after"`); the theory of
    online learning, and whoever has to predict, at the point where it stood (`"before"`).

    Parameters
    ----------
    loss, rounds, box : as in `play`
    places : array (T + 1, D), as `play` gives them
    horizons : list of integers from 1 to T, optional
        Where to stop and compare, with the best parameters for the rounds until then; by default after all T.
    paid : "before" or "after"
    comparator : array (D,), optional
        Compare with this point in place of the best one.

    Returns
    -------
    array, one number for each horizon

    Raises
    ------
    ValueError
        Horizons outside 1..T, places of other rounds, or another word for `paid`.
    ArithmeticError
        As `hindsight`.

    Examples
    --------
    >>> from edugen.classification import SGD
    >>> squared, rounds = lambda theta, z: (theta[0] - z) ** 2 / 2, np.array([1.0, 2.0, 6.0])
    >>> places = play(SGD(lambda t: 1 / t), squared, np.zeros(1), rounds)
    >>> regret(squared, rounds, places), regret(squared, rounds, places, paid="after")
    (array([4.125]), array([-2.375]))
    """
    if paid not in ("before", "after"):
        raise ValueError(f'paid must be "before" or "after" the step, got {paid!r}')
    if np.ndim(places) != 2 or len(places) != len(rounds) + 1:
        raise ValueError(f"places must be an array (T + 1, D) for T = {len(rounds)} rounds, got shape {np.shape(places)}")
    stops = [len(rounds)] if horizons is None else list(horizons)
    if not all(1 <= stop <= len(rounds) for stop in stops):
        raise ValueError(f"horizons must lie between 1 and the {len(rounds)} rounds that were played, got {stops}")
    stood = places[:-1] if paid == "before" else places[1:]
    payments = np.array([_losses(loss, theta, rounds[t:t + 1])[0] for t, theta in enumerate(stood)])
    found, best = [], places[-1]
    for stop in stops:
        best = hindsight(loss, rounds[:stop], best, box) if comparator is None else np.asarray(comparator, dtype=float)
        found.append(np.sum(payments[:stop] - _losses(loss, best, rounds[:stop])))                               # (2.89)
    return np.array(found)


def growth(horizons: Sequence[int], regrets: np.ndarray) -> float:
    r"""The power p with which regret grows, :math:`R(T) \sim T^p`: the slope on logarithmic axes, by least squares.

    Below one the average regret vanishes: the learner does as well as hindsight, in the end.

    Examples
    --------
    >>> growth([10, 100, 1000], 3 * np.sqrt([10, 100, 1000]))
    0.5
    """
    if len(horizons) < 2 or len(horizons) != len(regrets) or not np.all(np.asarray(regrets) > 0):
        raise ValueError(f"growth needs two horizons or more, with positive regrets, got {list(horizons)} and {regrets}")
    return float(np.round(np.polyfit(np.log(horizons), np.log(regrets), 1)[0], 12))


def _start(theta, box):
    theta = np.array(theta, dtype=float)
    if theta.ndim != 1:
        raise ValueError(f"theta must be an array (D,), got shape {theta.shape}")
    low, high = (-np.inf, np.inf) if box is None else box
    if not low < high:
        raise ValueError(f"box must be a pair (low, high) with room between, got {box}")
    return np.clip(theta, low, high), (low, high)


def _losses(loss, theta, rounds):
    found = loss(theta, rounds)
    if np.shape(found) != (len(rounds),):
        raise ValueError(f"loss must give one number for each of the {len(rounds)} rounds, got shape {np.shape(found)}")
    return found
