r"""The Gaussian: its parts, what one tells of another, and its parameters from data.  Vidal (V-2), (V-10)-(V-15), (V-47)-(V-61).

Parts of a Gaussian vector are Gaussian, and so are parts given others. In terms of the covariance the marginal is a block and
the conditional a Schur complement; in terms of the precision, its inverse, it is the other way round.

Data x are arrays (N, D), one row an observation. The density itself is `distributions.MultivariateNormal`.
"""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from edugen.autodiff import logsumexp
from edugen.distributions import Categorical, Distribution, MultivariateNormal

__all__ = ["complete", "conditional", "fit_normal", "log_likelihood", "log_likelihood_in_precision", "mean_gradient",
           "mixture_log_prob", "precision_conditional", "precision_gradient", "precision_marginal"]


# Parts ------------------------------------------------------------------------------------------------------------------


def conditional(p: MultivariateNormal, b: Any, x_b: Any) -> MultivariateNormal:
    r"""Distribution of the other coordinates, once those in b are known.  Vidal (V-12)-(V-14).

    .. math:: \hat\mu_a = \mu_a + \Sigma_{ab} \Sigma_b^{-1} (x_b - \mu_b), \qquad
              \hat\Sigma_a = \Sigma_a - \Sigma_{ab} \Sigma_b^{-1} \Sigma_{ab}^\top

    How much is learned does not depend on what was seen: one covariance serves every x_b.

    Parameters
    ----------
    p : MultivariateNormal without a batch
    b : integers, distinct, or booleans (D,): the coordinates that are known
    x_b : array (..., B), their values

    Returns
    -------
    MultivariateNormal, batch (...), of the coordinates that are not in b, in their order

    Examples
    --------
    >>> p = MultivariateNormal([0.0, 0.0], [[1.0, 0.8], [0.8, 1.0]])
    >>> after = conditional(p, [1], np.array([[2.0], [-1.0]]))
    >>> after.mean.round(3).tolist(), after.covariance.round(3).tolist()
    ([[1.6], [-0.8]], [[0.36]])
    """
    a, b, x_b = _parts(p.event_shape[0], b, x_b)
    if p.batch_shape:
        raise ValueError(f"p must be one distribution, got a batch of shape {p.batch_shape}")
    S = p.covariance
    S_a, S_ab, S_b = S[np.ix_(a, a)], S[np.ix_(a, b)], S[np.ix_(b, b)]                           # (V-10)
    gain = np.linalg.solve(S_b, S_ab.T).T                                                        # S_ab S_b^-1
    mean = p.mean[a] + (x_b - p.mean[b]) @ gain.T                                                # (V-13)
    covariance = S_a - gain @ S_ab.T                                                             # (V-14)
    return MultivariateNormal(mean, (covariance + covariance.T) / 2)                             # (V-12)


def precision_conditional(mean: Any, precision: Any, b: Any, x_b: Any) -> tuple[Any, Any]:
    r"""The conditional in terms of the precision :math:`S = \Sigma^{-1}`: mean, and precision, which is a block of S.

    .. math:: \hat\mu_a = \mu_a - S_a^{-1} S_{ab} (x_b - \mu_b), \qquad \hat\Sigma_a^{-1} = S_a

    A zero in S says that two coordinates are independent given all the others.

    Parameters
    ----------
    mean : array (D,)
    precision : array (D, D)
    b : the coordinates that are known
    x_b : array (..., B), their values

    Examples
    --------
    >>> mean, precision = precision_conditional(np.zeros(2), np.array([[2.0, -1.0], [-1.0, 2.0]]), [1], np.array([4.0]))
    >>> mean, precision
    (array([2.]), array([[2.]]))
    """
    a, b, x_b = _parts(len(mean), b, x_b)
    S_a, S_ab = precision[np.ix_(a, a)], precision[np.ix_(a, b)]
    return mean[a] - (x_b - mean[b]) @ np.linalg.solve(S_a, S_ab).T, S_a


def precision_marginal(precision: Any, a: Any) -> Any:
    r"""Precision of some coordinates alone: the Schur complement :math:`S_a - S_{ab} S_b^{-1} S_{ab}^\top`.

    Examples
    --------
    >>> precision_marginal(np.array([[2.0, -1.0], [-1.0, 2.0]]), [0])
    array([[1.5]])
    """
    b, a, _ = _parts(len(precision), a)
    S_ab = precision[np.ix_(a, b)]
    return precision[np.ix_(a, a)] - S_ab @ np.linalg.solve(precision[np.ix_(b, b)], S_ab.T)


def complete(p: MultivariateNormal, x: Any) -> tuple[np.ndarray, np.ndarray]:
    """Fill in what is missing (NaN) with its mean given the rest, and say how uncertain it is.

    Parameters
    ----------
    p : MultivariateNormal without a batch
    x : array (N, D)

    Returns
    -------
    array (N, D), x with its gaps filled in
    array (N, D), the standard deviation of each entry: 0 where it was seen

    Examples
    --------
    >>> p = MultivariateNormal([0.0, 0.0], [[1.0, 0.8], [0.8, 1.0]])
    >>> mean, std = complete(p, np.array([[np.nan, 2.0]]))
    >>> mean, std.round(3)
    (array([[1.6, 2. ]]), array([[0.6, 0. ]]))
    """
    x = np.array(x, dtype=float)
    if x.ndim != 2 or x.shape[1:] != p.event_shape:
        raise ValueError(f"x must be (N, {p.event_shape[0]}), got shape {x.shape}")
    std = np.zeros_like(x)
    missing = np.isnan(x)
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    for k, gone in enumerate(patterns):
        rows = which.ravel() == k
        if np.any(gone):
            rest = conditional(p, ~gone, x[rows][:, ~gone])
            x[np.ix_(rows, gone)], std[np.ix_(rows, gone)] = rest.mean, np.sqrt(rest.variance)
    return x, std


def mixture_log_prob(prior: Categorical, components: Distribution, x: Any) -> Any:
    r"""Log-density of x when its component is not known, :math:`\log \sum_k \pi_k\, p(x \mid y = k)`.  Vidal (V-15).

    Parameters
    ----------
    prior : Categorical of K components
    components : distribution with a batch (K,), events (D,)
    x : array (N, D)

    Returns
    -------
    array (N,)
    """
    return logsumexp(components.log_prob(x[:, None]) + prior.log_probs, axis=-1)                 # (V-15)


# Parameters from data ---------------------------------------------------------------------------------------------------


def log_likelihood(mean: Any, covariance: Any, x: Any) -> Any:
    r"""Log-likelihood of N observations, collected.  Vidal (V-50).

    .. math:: \ell = -\tfrac{ND}{2} \log 2\pi - \tfrac N2 \log \det \Sigma
        - \tfrac12 \sum_i (x_i - \mu)^\top \Sigma^{-1} (x_i - \mu)
    """
    d, (N, D) = x - mean, np.shape(x)
    quadratic = np.sum(d * np.linalg.solve(covariance, d.T).T)
    log_det = np.linalg.slogdet(covariance)[1]
    return -0.5 * N * D * math.log(2 * math.pi) - 0.5 * N * log_det - 0.5 * quadratic            # (V-50)


def log_likelihood_in_precision(mean: Any, precision: Any, x: Any) -> Any:
    r"""The same in :math:`S = \Sigma^{-1}` (V-55): by the trace, linear in S but for its determinant.  Vidal (V-58)."""
    d, (N, D) = x - mean, np.shape(x)
    scatter = d.T @ d                                                                            # sum of d d'
    return (-0.5 * N * D * math.log(2 * math.pi) + 0.5 * N * np.linalg.slogdet(precision)[1]
            - 0.5 * np.trace(precision @ scatter))                                               # (V-56), (V-58)


def mean_gradient(mean: Any, covariance: Any, x: Any) -> Any:
    r"""Slope of the log-likelihood in the mean, :math:`\sum_i \Sigma^{-1} (x_i - \mu)`.  Vidal (V-52)."""
    return np.linalg.solve(covariance, np.sum(x - mean, axis=0))                                 # (V-52)


def precision_gradient(mean: Any, precision: Any, x: Any) -> Any:
    r"""Slope in the precision, :math:`\tfrac N2 S^{-1} - \tfrac12 \sum_i (x_i - \mu)(x_i - \mu)^\top`.  Vidal (V-59)."""
    d = x - mean
    return 0.5 * len(x) * np.linalg.inv(precision) - 0.5 * d.T @ d                               # (V-59)


def fit_normal(x: Any, ridge: float = 0.0) -> MultivariateNormal:
    r"""Maximum likelihood: the mean, and the covariance about *that* mean, divided by N.  Vidal (V-54), (V-60), (V-61).

    On average the covariance comes out too small, by the factor (N - 1) / N: the mean was fitted to the same data.

    Parameters
    ----------
    x : array (N, D)
    ridge : float, added to each variance; coordinates that never vary, and N at most D, leave a covariance singular without

    Examples
    --------
    >>> p = fit_normal(np.array([[0.0], [2.0], [4.0]]))
    >>> p.mean, p.variance.round(4)
    (array([2.]), array([2.6667]))
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 2 or len(x) == 0 or not np.all(np.isfinite(x)):
        raise ValueError(f"x must be finite numbers (N, D), at least one row, got shape {x.shape}")
    if ridge < 0:
        raise ValueError(f"ridge must not be negative, got {ridge}")
    mean = np.mean(x, axis=0)                                                                    # (V-54)
    d = x - mean
    return MultivariateNormal(mean, d.T @ d / len(x) + ridge * np.eye(x.shape[1]))               # (V-60), (V-61)


def _parts(D, b, x_b=None):
    """The coordinates that are not in b, those that are, and their values, whose number is checked."""
    b = np.asarray(b)
    b = np.flatnonzero(b) if b.dtype == bool and b.shape == (D,) else b.astype(int) if b.size == 0 else b
    if b.dtype.kind not in "iu" or b.ndim != 1 or np.any((b < -D) | (b >= D)) or len(set((b % D).tolist())) < len(b):
        raise ValueError(f"coordinates must be distinct integers in 0..{D - 1}, or booleans ({D},), got {b.tolist()}")
    b = b % D
    if len(b) == D:
        raise ValueError(f"all {D} coordinates are named: nothing is left")
    if x_b is not None:
        x_b = x_b if hasattr(x_b, "shape") else np.asarray(x_b, dtype=float)
        if x_b.shape[-1:] != b.shape:
            raise ValueError(f"x_b must end in one value for each of the {len(b)} known coordinates, got shape {x_b.shape}")
    return np.setdiff1d(np.arange(D), b), b, x_b
