r"""Maximum likelihood: from a divergence that nobody can compute to a sum over the data.

Vidal (V-37)-(V-41), (V-43)-(V-46); Grover (G-6)-(G-22), (G-29)-(G-32), (G-34).

Learning wants the model that is nearest to the distribution of the data. Of the divergence between the two only one part
depends on the model, the expected log-likelihood; of that, only an average over samples can be had; and of its gradient, only
an average over a few of them is worth computing at each step. Each of the three replacements is here, with its price.

A model here is anything with `log_prob(x)`, (N,) for N observations; where it is a tree of arrays, as those of
`edugen.distributions` are, the engine differentiates it.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edugen.autodiff import grad, stop_gradient
from edugen.training import History, Optimizer, minibatches, train

__all__ = ["Estimate", "Polynomial", "average_log_likelihood", "bias_and_variance", "coin_log_likelihood", "coin_mle",
           "expected_log_likelihood", "fit_polynomial", "maximize_likelihood", "minibatch_gradient", "monte_carlo"]


def expected_log_likelihood(p_data: Any, log_p: Any) -> Any:
    r"""What the model makes of all there could be, :math:`\mathbb{E}_{p_{data}}[\log p_\theta(x)]`.  (V-37), (G-8), (G-9).

    :math:`D(p_{data} \| p_\theta)` is the entropy of the data, with a minus, less this: so the nearest model is the one of the
    largest expected log-likelihood, and nobody needs to know the entropy. (Nor does anybody know how near it is.)

    Parameters
    ----------
    p_data : array (..., K)
    log_p : array (..., K), -inf where the model excludes a symbol; one that the data has as well makes the result -inf

    Examples
    --------
    >>> expected_log_likelihood(np.array([0.5, 0.5, 0.0]), np.log([0.5, 0.25, 0.25])) / np.log(2)
    np.float64(-1.5)
    """
    return np.sum(np.where(p_data > 0, p_data * np.where(p_data > 0, log_p, 0), 0), axis=-1)


def average_log_likelihood(model: Any, x: Any) -> Any:
    r"""What the model makes of the data, :math:`\frac1N \sum_i \log p_\theta(x_i)`: the objective of learning.  (V-38), (G-10).

    Examples
    --------
    >>> from edugen.distributions import Bernoulli
    >>> print(round(average_log_likelihood(Bernoulli(0.6), np.array([1, 1, 0, 1, 0])), 4))
    -0.673
    """
    return np.mean(model.log_prob(x))                                                        # (V-38)


class Estimate(NamedTuple):
    """A mean over samples, and how far from the expectation it typically is: the standard deviation of such means."""

    mean: Any
    error: Any


def monte_carlo(values: Any) -> Estimate:
    r"""Estimate an expectation by the mean over samples, :math:`\hat g = \frac1T \sum_t g(x^t)`.  (G-14), (G-17).

    Unbiased for any T (G-15); its variance is that of one value, divided by T, so ten times the precision takes a hundred
    times the samples.

    Parameters
    ----------
    values : array (T, ...), g at T independent samples, T at least 2

    Returns
    -------
    Estimate
        `mean` and `error`, arrays (...)

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=10_000)
    >>> mean, error = monte_carlo(x ** 2)                        # of a standard normal: 1
    >>> print(f"{mean:.3f} +- {error:.3f}")
    0.996 +- 0.014
    """
    values = np.asarray(values)
    if values.ndim == 0 or len(values) < 2:
        raise ValueError(f"monte_carlo: values must hold at least two samples, (T, ...), got shape {values.shape}: "
                         "from one alone nobody can tell how much they vary")
    return Estimate(np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / math.sqrt(len(values)))       # (G-14), (G-17)


# A coin ---------------------------------------------------------------------------------------------------------------------


def coin_log_likelihood(theta: Any, heads: int, tails: int) -> Any:
    r"""Log-likelihood of a coin, :math:`h \log \theta + t \log (1 - \theta)`, where 0 log 0 counts as 0.  (G-21).

    Examples
    --------
    >>> np.round(coin_log_likelihood(np.array([0.0, 0.5, 0.6, 1.0]), 3, 2), 4)
    array([   -inf, -3.4657, -3.3651,    -inf])
    """
    never = np.greater(heads, 0) & np.less_equal(theta, 0) | np.greater(tails, 0) & np.greater_equal(theta, 1)
    inside_h, inside_t = np.greater(theta, 0), np.less(theta, 1)
    value = (heads * np.log(np.where(inside_h, theta, 1)) + tails * np.log(np.where(inside_t, 1 - theta, 1)))     # (G-21)
    return np.where(never, -np.inf, value)


def coin_mle(heads: int, tails: int) -> float:
    r"""The coin that makes these tosses most likely, :math:`\theta^* = h / (h + t)`.  (G-22).

    Examples
    --------
    >>> coin_mle(3, 2), coin_mle(60, 40)
    (0.6, 0.6)
    """
    if heads < 0 or tails < 0 or heads + tails == 0:
        raise ValueError(f"coin_mle: heads and tails must be counts, not both zero, got {heads} and {tails}: of no tosses every "
                         "coin is as likely as any other")
    return heads / (heads + tails)                                                           # (G-22)


# Gradients from some of the data ----------------------------------------------------------------------------------------------


def minibatch_gradient(log_prob: Callable[..., Any], theta: Any, batch: Any, size: int) -> Any:
    r"""Estimate the gradient of the log-likelihood of `size` observations from a batch of them.  (V-45), (G-30)-(G-32).

    .. math:: \nabla_\theta \ell(\theta) = m\, \mathbb{E}_{x \sim \mathcal{D}} [\nabla_\theta \log p_\theta(x)]
        \approx \frac{m}{b} \sum_{j \in \text{batch}} \nabla_\theta \log p_\theta(x^{(j)})

    Unbiased, for a batch drawn from the data at random, of any size, with or without replacement.

    Parameters
    ----------
    log_prob : function (theta, batch) -> array (b,)
    theta : tree of arrays
    batch : array (b, ...)
    size : int, m

    Examples
    --------
    >>> log_prob = lambda mean, x: -0.5 * (x - mean) ** 2
    >>> x = np.array([1.0, 2.0, 6.0])
    >>> [float(minibatch_gradient(log_prob, 0.0, x[[j]], 3)) for j in range(3)], float(minibatch_gradient(log_prob, 0.0, x, 3))
    ([3.0, 6.0, 18.0], 9.0)
    """
    return grad(lambda theta: size * np.mean(log_prob(theta, batch)))(theta)                 # (G-32)


def maximize_likelihood(model: Any, x: np.ndarray, optimizer: Optimizer, epochs: int = 20, batch_size: int = 64,
                        rng: int | np.random.Generator = 0, **options: Any) -> tuple[Any, History]:
    r"""Follow minibatch gradients of the average log-likelihood.  (V-41), (V-46); Cho (2.73).

    Parameters
    ----------
    model : a tree with `log_prob`, such as a `Normal`: where to start
    x : array (N, ...)
    optimizer : such as SGD(0.1) of `edugen.classification.optimizers`; it descends, on the average *negative* log-likelihood
    rng : draws the batches
    **options : for `edugen.training.train`: validate, checkpoint, progress

    Returns
    -------
    model, History
        `loss` is the average negative log-likelihood of the batches of an epoch.

    Examples
    --------
    >>> from edugen.classification.optimizers import SGD
    >>> from edugen.distributions import Normal
    >>> x = np.random.default_rng(0).normal(5.0, 2.0, size=2000)
    >>> model, _ = maximize_likelihood(Normal(0.0, 1.0), x, SGD(0.1), epochs=100, batch_size=500)
    >>> print(f"{model.mean:.1f} {x.mean():.1f}, {model.std:.1f} {x.std():.1f}")
    4.9 4.9, 2.0 2.0
    """
    loss = lambda model, batch: -average_log_likelihood(model, batch)                        # (V-38), with a minus
    return train(model, loss, minibatches(rng, np.asarray(x), min(batch_size, len(x))), optimizer, epochs=epochs, **options)


# Conditional models, and too many of their parameters -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Polynomial:
    r"""A number y given a number x in [-1, 1]: :math:`p(y \mid x) = \mathcal{N}(y \mid \sum_k w_k P_k(x), \sigma^2)`.

    The :math:`P_k` are Legendre's polynomials, which unlike powers of x stay apart from each other at high degrees.

    Parameters
    ----------
    weights : array (degree + 1,)
    log_std : number
    """

    weights: Any
    log_std: Any

    def predict(self, x: Any) -> Any:
        """Mean of y at each x: array (N,) to (N,)."""
        return _legendre(x, len(stop_gradient(self.weights)) - 1) @ self.weights

    def log_prob(self, y: Any, x: Any) -> Any:
        r"""The conditional log-likelihood, :math:`\log p_\theta(y \mid x)`: its negative is the loss of (G-34).  (N,)."""
        z = (y - self.predict(x)) * np.exp(-self.log_std)
        return -0.5 * z * z - self.log_std - 0.5 * math.log(2 * math.pi)


def _legendre(x, degree):
    return np.polynomial.legendre.legvander(np.asarray(x, dtype=float), degree)


def fit_polynomial(x: np.ndarray, y: np.ndarray, degree: int, penalty: float = 0.0) -> Polynomial:
    r"""The weights of largest likelihood, less a penalty: :math:`\min_w \lVert y - X w \rVert^2 + \lambda \lVert w \rVert^2`.

    A low degree is a *hard* restriction of the hypotheses, the penalty a *soft* preference among them.

    Parameters
    ----------
    x : array (N,), in [-1, 1]
    y : array (N,)
    degree : int, 0 or more
    penalty : float, 0 or more: lambda

    Examples
    --------
    >>> x = np.linspace(-1, 1, 50)
    >>> fit_polynomial(x, 3 * x ** 2 - 1, degree=2).weights.round(6) + 0.0         # P_2 = (3 x^2 - 1) / 2
    array([0., 0., 2.])
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or y.shape != x.shape or not len(x):
        raise ValueError(f"fit_polynomial: x and y must be columns (N,) of one length, got shapes {x.shape} and {y.shape}")
    if not (np.all(np.abs(x) <= 1) and penalty >= 0 and degree >= 0):
        raise ValueError(f"fit_polynomial: x must lie in [-1, 1] (from {x.min():.3g} to {x.max():.3g} here; rescale it), "
                         f"degree and penalty must not be negative, got {degree} and {penalty}")
    X, ridge = _legendre(x, degree), math.sqrt(penalty) * np.eye(degree + 1)
    weights, *_ = np.linalg.lstsq(np.vstack([X, ridge]), np.concatenate([y, np.zeros(degree + 1)]), rcond=None)
    std = math.sqrt(np.mean((y - X @ weights) ** 2))
    return Polynomial(weights, math.log(max(std, 1e-12)))


def bias_and_variance(predictions: Any, truth: Any) -> tuple[Any, Any]:
    r"""Split the squared error of a learner, retrained on R training sets, at each of T places.

    .. math:: \mathbb{E}[(\hat f - f)^2] = (\mathbb{E}[\hat f] - f)^2 + \mathbb{V}[\hat f]

    Bias is what more data of the same kind would not mend; variance is what other data would have changed.

    Parameters
    ----------
    predictions : array (R, T), one row a training
    truth : array (T,), what is to be predicted, without noise

    Returns
    -------
    arrays (T,)
        The squared bias, and the variance.

    Examples
    --------
    >>> bias_and_variance(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([2.0, 4.0]))
    (array([0., 1.]), array([1., 0.]))
    """
    return (np.mean(predictions, axis=0) - truth) ** 2, np.var(predictions, axis=0)
