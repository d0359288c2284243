r"""Generative and discriminative classifiers, side by side.  Vidal (V-33)-(V-35).

A generative classifier knows :math:`p(x, y) = p(x \mid y)\, p(y)`, and everything else follows: the label by Bayes' rule, also
where part of x is missing; how ordinary an x is; new x of any class. A discriminative one, logistic regression, knows
:math:`p(y \mid x)` alone, and spends all its parameters on that.

Shapes: inputs x (N, D), labels y integers (N,) from 0 to K - 1.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import Tensor, log_softmax, logsumexp, softmax, tree
from edugen.distributions import Bernoulli, Categorical, DiagonalNormal, Distribution, Independent, MultivariateNormal

__all__ = ["GenerativeClassifier", "LogisticRegression", "fit_bernoulli", "fit_gaussian", "fit_logistic", "logistic_gradient"]


@dataclass(frozen=True, eq=False)
class GenerativeClassifier:
    r"""A joint distribution :math:`p(x, y) = p(y)\, p(x \mid y)` of an input and its label.

    With Gaussians of one covariance it is *linear discriminant analysis*, with a covariance a class *quadratic*, with
    independent coordinates *naive Bayes*.

    Parameters
    ----------
    prior : Categorical of K classes
    features : distribution of inputs, one a class: batch (K,), events (D,), with a method `marginal`

    Examples
    --------
    >>> model = GenerativeClassifier(Categorical([0.5, 0.5]), MultivariateNormal([[0.0, 0.0], [2.0, 2.0]], np.eye(2)))
    >>> model.posterior(np.array([[0.0, 0.0], [2.0, np.nan], [np.nan, np.nan]])).round(3)     # NaN: not observed
    array([[0.982, 0.018],
           [0.119, 0.881],
           [0.5  , 0.5  ]])
    """

    prior: Categorical
    features: Any

    def __post_init__(self) -> None:
        if not isinstance(self.features, Distribution) or self.features.batch_shape != np.shape(self.prior.logits):
            raise ValueError(f"features must be one distribution for each class, a batch {np.shape(self.prior.logits)}, got "
                             + (f"the batch {self.features.batch_shape}" if isinstance(self.features, Distribution)
                                else type(self.features).__name__))

    def log_joint(self, x: Any) -> Any:
        r"""Logarithms of :math:`p(x, y = k)`, (N, K).  Vidal (V-8).

        Entries of x that are NaN were not observed, and are marginalized, exactly: with the marginal distribution of the rest.
        """
        missing = np.zeros(np.shape(x), bool) if isinstance(x, Tensor) else np.isnan(np.asarray(x, dtype=float))
        if not np.any(missing):
            return self.features.log_prob(x[:, None, :]) + self.prior.log_probs                  # (V-8)
        rows = np.empty((len(x), len(self.prior.log_probs)))
        patterns, which = np.unique(missing, axis=0, return_inverse=True)
        for k, gone in enumerate(patterns):                               # one marginal for all inputs that lack the same
            own, seen = which.ravel() == k, np.flatnonzero(~gone)
            rows[own] = self.features.marginal(seen).log_prob(x[own][:, None, seen])             # (V-5), (V-6)
        return rows + self.prior.log_probs

    def log_prob(self, x: Any) -> Any:
        """Log-density of the inputs, whatever their label, (N,): a mixture.  Vidal (V-15)."""
        return logsumexp(self.log_joint(x), axis=1)

    def posterior(self, x: Any) -> Any:
        """Probabilities of the labels, (N, K).  Vidal (V-9), (V-35)."""
        return softmax(self.log_joint(x), axis=1)

    def predict(self, x: Any) -> Any:
        """The most probable label of each input, integers (N,)."""
        return np.argmax(self.log_joint(x), axis=1)

    def sample(self, rng: Any, n: int) -> tuple[Any, Any]:
        """Inputs (n, D) and their labels (n,): first the label, then an input of its class.

        Examples
        --------
        >>> x, y = GenerativeClassifier(Categorical([1.0, 0.0]), DiagonalNormal(np.zeros((2, 3)), np.ones(3))).sample(0, 5)
        >>> x.shape, y
        ((5, 3), array([0, 0, 0, 0, 0]))
        """
        rng = np.random.default_rng(rng)
        y = self.prior.sample(rng, n)
        return self.features.sample(rng, n)[np.arange(n), y], y           # an input of each class, and the one that was asked for

    def linear(self) -> LogisticRegression:
        r"""Where all classes share a covariance: the logistic regression with the same posterior.

        :math:`x^\top \Sigma^{-1} x` is the same for every class and cancels; what remains is linear in x.
        """
        if not isinstance(self.features, MultivariateNormal) or np.ndim(self.features.cholesky) != 2:
            raise ValueError("the posterior is linear only where all classes share one covariance: "
                             'fit_gaussian(x, y, covariance="shared")')
        W = self.features.mean @ self.features.precision
        return LogisticRegression(W, -0.5 * np.sum(W * self.features.mean, axis=1) + self.prior.log_probs)


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    r"""Labels given inputs: :math:`p(y = k \mid x) \propto \exp(w_k^\top x + b_k)`.

    Parameters
    ----------
    W : array (K, D)
    b : array (K,)
    """

    W: Any
    b: Any

    def scores(self, x: Any) -> Any:
        """Linear scores, (N, K)."""
        if not isinstance(x, Tensor) and np.any(np.isnan(x)):
            raise ValueError("x has entries that were not observed (NaN). A model of p(y | x) needs the whole of x: fill them "
                             "in, or use a generative classifier, which knows how x is distributed")
        return x @ self.W.T + self.b

    def log_posterior(self, x: Any) -> Any:
        """Log-probabilities of the labels, (N, K)."""
        return log_softmax(self.scores(x), axis=1)

    def posterior(self, x: Any) -> Any:
        """Probabilities of the labels, (N, K)."""
        return softmax(self.scores(x), axis=1)

    def predict(self, x: Any) -> Any:
        """The most probable label of each input, integers (N,)."""
        return np.argmax(self.scores(x), axis=1)


def fit_gaussian(x: Any, y: Any, covariance: str = "shared", ridge: float = 0.0) -> GenerativeClassifier:
    r"""Maximum likelihood of a Gaussian classifier: shares of the classes, means, covariances (divided by N).  Vidal (V-61).

    Parameters
    ----------
    x : array (N, D)
    y : integers (N,); every class from 0 to the largest must occur
    covariance : "shared" (linear), "full" (quadratic) or "diagonal" (naive Bayes)
    ridge : float, added to each variance: pixels that never vary have none

    Examples
    --------
    >>> from edugen import data
    >>> train, _, test = data.digits(split="random")
    >>> model = fit_gaussian(*train, ridge=0.01)
    >>> bool(np.mean(model.predict(test.x) == test.y) > 0.94)
    True
    """
    counts = _counts(x, y)
    means = np.stack([x[y == k].mean(axis=0) for k in range(len(counts))])                       # (V-54)
    prior = Categorical(counts / len(y))
    if covariance == "diagonal":
        variances = np.stack([x[y == k].var(axis=0) for k in range(len(counts))]) + ridge
        return GenerativeClassifier(prior, DiagonalNormal(means, np.sqrt(variances)))
    if covariance not in ("shared", "full"):
        raise ValueError(f'covariance must be "shared", "full" or "diagonal", got {covariance!r}')
    eye, centered = np.eye(x.shape[1]), x - means[y]
    if covariance == "shared":
        return GenerativeClassifier(prior, MultivariateNormal(means, centered.T @ centered / len(y) + ridge * eye))
    scatter = np.stack([centered[y == k].T @ centered[y == k] for k in range(len(counts))])
    return GenerativeClassifier(prior, MultivariateNormal(means, scatter / counts[:, None, None] + ridge * eye))  # (V-60)


def fit_bernoulli(x: Any, y: Any, smoothing: float = 1.0) -> GenerativeClassifier:
    """Naive Bayes for inputs of 0s and 1s: shares of the classes, and shares of 1s in each, each count raised by `smoothing`.

    Examples
    --------
    >>> model = fit_bernoulli(np.array([[1, 0], [1, 1], [0, 1]]), np.array([0, 0, 1]))
    >>> model.features.mean
    array([[0.75      , 0.5       ],
           [0.33333333, 0.66666667]])
    """
    counts = _counts(x, y)
    if not smoothing > 0:
        raise ValueError(f"smoothing must be positive, got {smoothing}: with 0, a pixel never seen black can never be")
    ones = np.stack([np.sum(x[y == k], axis=0) for k in range(len(counts))])
    probs = (ones + smoothing) / (counts[:, None] + 2 * smoothing)
    return GenerativeClassifier(Categorical(counts / len(y)), Independent(Bernoulli(probs)))


def logistic_gradient(model: LogisticRegression, x: Any, y: Any, penalty: float = 0.0) -> tuple[Any, LogisticRegression]:
    r"""Mean of :math:`-\log p(y \mid x)` plus half the penalty times :math:`\lVert W \rVert^2`, and its gradient by hand.

    Returns
    -------
    float, LogisticRegression
        The gradient is shaped like the model.
    """
    log_p = model.log_posterior(x)
    error = np.exp(log_p)
    error[np.arange(len(y)), y] -= 1                                      # probabilities less the truth
    loss = -np.mean(log_p[np.arange(len(y)), y]) + 0.5 * penalty * np.sum(model.W ** 2)
    return loss, LogisticRegression(error.T @ x / len(y) + penalty * model.W, error.mean(axis=0))


def fit_logistic(x: Any, y: Any, penalty: float = 1e-3) -> LogisticRegression:
    """Maximum (penalized) likelihood of the labels given the inputs, by L-BFGS.

    Parameters
    ----------
    x : array (N, D)
    y : integers (N,); every class from 0 to the largest must occur
    penalty : float, positive: where a line separates the classes, the likelihood alone has no maximum
    """
    from scipy.optimize import minimize

    if not penalty > 0:
        raise ValueError(f"penalty must be positive, got {penalty}: where the classes can be separated, W would grow forever")
    K = len(_counts(x, y))
    start, unravel = tree.ravel(LogisticRegression(np.zeros((K, np.shape(x)[1])), np.zeros(K)))

    def objective(theta):
        loss, slope = logistic_gradient(unravel(theta), x, y, penalty)
        return loss, tree.ravel(slope)[0]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "ftol": 1e-12, "gtol": 1e-7})
    return unravel(found.x)


def _counts(x, y):
    """How many inputs each class has; at least one."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or y.dtype.kind not in "iu" or not len(y):
        raise ValueError(f"x must be (N, D) and y integers (N,), got shapes {x.shape} and {y.shape}, {y.dtype}")
    if np.any(np.isnan(x)):
        raise ValueError("x must be fully observed to fit a model, got NaN")
    counts = np.bincount(y)
    if np.any(counts == 0):
        raise ValueError(f"every class from 0 to {len(counts) - 1} must occur in y; there is no {np.flatnonzero(counts == 0)[0]}")
    return counts
