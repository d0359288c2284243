r"""Losses on energies: zero-one, margin, perceptron.  Cho §2.1, §2.1.1, with the linear energy of §2.2.1.

An energy function gives every pair of an input and a category a number, and the category with the lowest one is the
prediction. Learning wants the true category to be that one. The zero-one loss says so and has no slope to follow; the margin
loss asks for a distance as well, and has one; at distance zero it is the perceptron's.

Everywhere `energies` is an array (N, K), a row for each input and a column for each category, and `y` the true categories,
integers (N,) from 0 to K - 1. A loss is one number an input; its mean is the loss of a data set, Cho (2.8).
"""
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import primitive, rule, value_and_grad
from edugen.training import History

__all__ = ["LinearEnergy", "best_wrong", "energy_of", "linear_svm", "margin_loss", "one_hot", "perceptron",
           "perceptron_loss", "perceptron_step", "prediction", "random_search", "svm_objective", "zero_one_loss"]


def one_hot(y: Any, n_categories: int) -> np.ndarray:
    """The vector 1(y) of each category: zeros, and a one at y.  Cho (2.2).

    Parameters
    ----------
    y : integers (...), from 0 to K - 1
    n_categories : int, K

    Returns
    -------
    array (..., K)

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    return np.eye(n_categories)[_in_range(y, n_categories)]


def energy_of(energies: Any, y: Any) -> Any:
    r"""Energy of one category an input, :math:`e([x, y]) = 1(y)^\top f(x)`: (N, K) and (N,) to (N,).  Cho (2.2).

    Raises
    ------
    ValueError
        Where `y` does not hold one category, counted from 0, for each row of `energies`.

    Examples
    --------
    >>> energy_of(np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 1.0]]), np.array([2, 1]))
    array([2., 5.])
    """
    y = _categories(energies, y)
    return np.take_along_axis(energies, y[:, None], axis=1)[:, 0]


def prediction(energies: Any) -> Any:
    r"""The category of lowest energy, :math:`\hat y = \arg\min_y e([x, y])`; the first of them on a tie.  Cho (2.1), (2.6).

    Parameters
    ----------
    energies : array (..., K)

    Returns
    -------
    integers (...)

    Examples
    --------
    >>> prediction(np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 0.0]]))
    array([1, 0])
    """
    return np.argmin(energies, axis=-1)


def best_wrong(energies: Any, y: Any) -> np.ndarray:
    r"""The category :math:`\hat y'` of lowest energy among all but the true one, its best rival.  Cho (2.10).

    On a tie, the first of them.

    Raises
    ------
    ValueError
        Where there is no second category, or `y` does not fit `energies`.

    Examples
    --------
    >>> best_wrong(np.array([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]]), np.array([0, 1]))
    array([1, 2])
    """
    y = _categories(energies, y)
    if np.shape(energies)[1] < 2:
        raise ValueError("energies must have at least two columns: with one category there is no wrong one")
    first, second = np.argsort(energies, axis=1, kind="stable")[:, :2].T
    return np.where(first == y, second, first)


def zero_one_loss(energies: Any, y: Any) -> np.ndarray:
    r"""1 where the prediction is wrong, 0 where it is right: array (N,).  Cho (2.5)-(2.7).

    It is piecewise constant, so its gradient is zero wherever there is one.

    Examples
    --------
    >>> zero_one_loss(np.array([[3.0, 1.0], [0.0, 5.0]]), np.array([0, 0]))
    array([1., 0.])
    """
    return np.where(_categories(energies, y) != prediction(energies), 1.0, 0.0)      # (2.5), (2.7)


@primitive
def margin_loss(energies: Any, y: Any, m: float = 1.0) -> Any:
    r"""How much the true category lacks to lie below all others by the margin `m`, (N,).  Cho (2.12).

    .. math:: L_{\text{margin}} = \max(0,\; m + e([x, y]) - e([x, \hat y']))

    Also called hinge loss. Zero just where the inequality (2.9), or (2.11), holds.

    Parameters
    ----------
    energies : array (N, K)
    y : integers (N,)
    m : float, the margin

    Examples
    --------
    >>> margin_loss(np.array([[1.0, 4.0], [1.0, 1.5], [1.0, -1.0]]), np.array([0, 0, 0]))
    array([0. , 0.5, 3. ])
    """
    return np.maximum(0, m + energy_of(energies, y) - energy_of(energies, best_wrong(energies, y)))      # (2.12)


@rule(margin_loss)
def _(g, loss, energies, y, m=1.0):
    n_categories = np.shape(energies)[1]
    push = one_hot(y, n_categories) - one_hot(best_wrong(energies, y), n_categories)
    return np.where(loss > 0, g, 0)[:, None] * push                                                      # (2.37)


def perceptron_loss(energies: Any, y: Any) -> Any:
    """The margin loss without a margin: by how much the prediction lies below the true category, (N,).  Cho (2.13).

    Zero where the prediction is right (2.14), and where it is wrong by a tie.

    Examples
    --------
    >>> perceptron_loss(np.array([[1.0, 1.5], [1.0, -1.0]]), np.array([0, 0]))
    array([0., 2.])
    """
    return margin_loss(energies, y, m=0.0)                                                               # (2.13)


@dataclass(frozen=True, eq=False)
class LinearEnergy:
    r"""The linear classifier, :math:`e([x, y]) = -w_y^\top x - b_y`.  Cho (2.39); (2.3) with the sign turned.

    Parameters
    ----------
    W : array (K, d), a row of weights for each category
    b : array (K,)

    Examples
    --------
    >>> model = LinearEnergy(np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2))
    >>> model.predict(np.array([[3.0, 1.0], [-1.0, 2.0]]))
    array([0, 1])
    """

    W: np.ndarray
    b: np.ndarray

    def __post_init__(self) -> None:
        W, b = (getattr(p, "shape", f"a {type(p).__name__}") for p in (self.W, self.b))
        if not (isinstance(W, tuple) and len(W) == 2 and b == W[:1]):
            raise ValueError("LinearEnergy: W must be an array (K, d), a row for each category, and b an array (K,), "
                             f"got {W} and {b}")

    @classmethod
    def zeros(cls, n_categories: int, n_features: int) -> "LinearEnergy":
        """All weights zero: every category has the same energy."""
        return cls(np.zeros((n_categories, n_features)), np.zeros(n_categories))

    def energy(self, x: Any) -> Any:
        """Energies of all categories at once: array (..., d) to (..., K).  Cho (2.39)."""
        if np.shape(x)[-1:] != np.shape(self.W)[1:]:
            raise ValueError(f"x must hold {np.shape(self.W)[1]} numbers an input, as W does; got shape {np.shape(x)}")
        return -(x @ self.W.T + self.b)

    def predict(self, x: Any) -> Any:
        """The category of lowest energy: array (..., d) to integers (...).  Cho (2.1)."""
        return prediction(self.energy(x))


def random_search(rng: int | np.random.Generator, x: np.ndarray, y: np.ndarray, n_categories: int,
                  n_tries: int = 1000) -> tuple[LinearEnergy, History]:
    """Minimize the zero-one loss by trying parameters at random: black-box optimization, the text after Cho (2.8).

    Parameters
    ----------
    rng : seed or Generator
    x : array (N, d), its columns best brought to mean 0 and variance 1, for parameters are drawn from a standard normal
    y : integers (N,)
    n_categories : int
    n_tries : int, at most so many evaluations of the loss; fewer where one reaches zero

    Returns
    -------
    LinearEnergy
        The best one met.
    History
        `error`, the smallest average loss so far, after each evaluation.

    Examples
    --------
    >>> x, y = np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([0, 1])
    >>> model, history = random_search(0, x, y, n_categories=2)
    >>> model.predict(x), history.error[-1]
    (array([0, 1]), np.float64(0.0))
    """
    if n_tries < 1:
        raise ValueError(f"n_tries must be at least 1, got {n_tries}")
    rng, history, least = np.random.default_rng(rng), History("error"), np.inf
    for _ in range(n_tries):
        trial = LinearEnergy(rng.normal(size=(n_categories, x.shape[1])), rng.normal(size=n_categories))
        error = np.mean(zero_one_loss(trial.energy(x), y))                                               # (2.8)
        if error < least:
            best, least = trial, error
        history.append(error=least)
        if least == 0:
            break
    return best, history


def perceptron_step(model: LinearEnergy, x: np.ndarray, y: int, eta: float = 1.0) -> LinearEnergy:
    r"""Learn from one example, and only from a mistake.  Cho (2.42)-(2.46).

    The energy of the true category falls by :math:`\eta (\lVert x \rVert^2 + 1)`, that of the predicted one rises by as much.

    Parameters
    ----------
    model : LinearEnergy
    x : array (d,)
    y : int
    eta : float, the learning rate

    Returns
    -------
    LinearEnergy
        `model` itself where its prediction is right.

    Examples
    --------
    >>> model = perceptron_step(LinearEnergy.zeros(2, 2), np.array([3.0, 4.0]), 1)
    >>> model.energy(np.array([3.0, 4.0]))
    array([ 26., -26.])
    """
    n_categories, predicted = len(model.b), model.predict(x)
    if predicted == y:
        return model
    step = eta * (one_hot(y, n_categories) - one_hot(predicted, n_categories))
    return LinearEnergy(model.W + np.outer(step, x), model.b + step)                                     # (2.42), (2.45)


def perceptron(model: LinearEnergy, x: np.ndarray, y: np.ndarray, eta: float = 1.0,
               max_epochs: int = 100) -> tuple[LinearEnergy, History]:
    """Go through the examples in their order, learning from each mistake, until a round has none.

    Where some linear classifier makes no mistake, this one ends, whatever the order (Novikoff 1962).

    Parameters
    ----------
    model : LinearEnergy, where to start
    x : array (N, d)
    y : integers (N,)
    eta : float, the learning rate
    max_epochs : int, rounds at most

    Returns
    -------
    LinearEnergy
    History
        `mistakes` of each round, as they were made.

    Examples
    --------
    >>> x, y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])
    >>> model, history = perceptron(LinearEnergy.zeros(2, 2), x, y)
    >>> model.predict(x), history.mistakes
    (array([0, 1]), array([1, 1, 0]))
    """
    y, history = _categories(model.energy(x), y), History("mistakes")
    for _ in range(max_epochs):
        mistakes = 0
        for x_n, y_n in zip(x, y, strict=True):
            after = perceptron_step(model, x_n, y_n, eta)
            mistakes += after is not model
            model = after
        history.append(mistakes=mistakes)
        if mistakes == 0:
            break
    return model, history


def svm_objective(model: LinearEnergy, x: np.ndarray, y: np.ndarray, penalty: float, m: float = 1.0) -> Any:
    r"""What a support vector machine minimizes: the mean margin loss plus :math:`\tfrac12 \text{penalty} \lVert W \rVert^2`.

    Without the penalty the margin `m` would mean nothing: doubling W and b doubles all energies and every gap between them.

    Examples
    --------
    >>> svm_objective(LinearEnergy(np.array([[1.0], [-1.0]]), np.zeros(2)), np.array([[0.25]]), np.array([0]), penalty=0.1)
    np.float64(0.6)
    """
    return np.mean(margin_loss(model.energy(x), y, m)) + penalty / 2 * np.sum(model.W ** 2)


def linear_svm(x: np.ndarray, y: np.ndarray, n_categories: int, penalty: float = 0.01, m: float = 1.0,
               n_steps: int = 5000) -> tuple[LinearEnergy, History]:
    r"""A support vector machine: `svm_objective` minimized by following (2.37).  Cho §2.1.1, Cortes & Vapnik (1995).

    The loss has kinks, so single steps may go up. Steps of :math:`2 / (\text{penalty}\,(t + 1))` and a mean of all parameters
    met, the t-th with weight t, bring an objective that curves up by `penalty` in all its parameters within a multiple of 1/t of
    its minimum (Lacoste-Julien et al. 2012). Ours does so in W and not in b, for which the proof says nothing; the tests compare.

    Parameters
    ----------
    x : array (N, d)
    y : integers (N,)
    n_categories : int
    penalty : float, positive
    m : float, the margin
    n_steps : int

    Returns
    -------
    LinearEnergy
        The mean.
    History
        `objective` at the parameters of each step, before they are averaged.

    Examples
    --------
    >>> model, _ = linear_svm(np.array([[-2.0], [-1.0], [1.0], [5.0]]), np.array([0, 0, 1, 1]), 2, penalty=0.1)
    >>> np.round(model.energy(np.array([[1.0]])), 1)             # the closest points of both kinds lie at the margin
    array([[ 0.5, -0.5]])
    """
    if penalty <= 0:
        raise ValueError(f"penalty must be positive, got {penalty}; without one the objective may have no minimum")
    model = mean = LinearEnergy.zeros(n_categories, x.shape[1])
    history = History("objective")
    for t in range(1, n_steps + 1):
        objective, slope = value_and_grad(svm_objective)(model, x, y, penalty, m)
        history.append(objective=objective)
        eta = min(10.0, 2 / (penalty * (t + 1)))                 # the first steps would leap
        model = LinearEnergy(model.W - eta * slope.W, model.b - eta * slope.b)
        share = 2 / (t + 2)                                      # t + 1 of 1 + 2 + ... + (t + 1)
        mean = LinearEnergy((1 - share) * mean.W + share * model.W, (1 - share) * mean.b + share * model.b)
    return mean, history


def _categories(energies: Any, y: Any) -> np.ndarray:
    """`y` as an array, or an error that says why it does not fit `energies`."""
    shape, y = np.shape(energies), np.asarray(y)
    if len(shape) != 2:
        raise ValueError(f"energies must be an array (N, K), a column for each category, got shape {shape}")
    if y.dtype.kind not in "iu" or y.shape != shape[:1]:
        raise ValueError(f"y must hold a category for each row of energies, integers of shape {shape[:1]}, "
                         f"got {y.dtype} of shape {y.shape}")
    return _in_range(y, shape[1])


def _in_range(y: Any, n_categories: int) -> np.ndarray:
    """`y` as an array of categories, or an error that says what else it holds."""
    y = np.asarray(y)
    if y.dtype.kind not in "iu" or (y.size and not (y.min() >= 0 and y.max() < n_categories)):
        held = f"{y.min()}..{y.max()}" if y.dtype.kind in "iu" else str(y.dtype)
        raise ValueError(f"y must hold integers in 0..{n_categories - 1}, got {held}; categories are counted from 0")
    return y
