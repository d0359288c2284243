r"""The normal distribution of a vector: with any covariance, and with a diagonal one.

The density needs :math:`\Sigma^{-1}` and :math:`\det \Sigma` (V-2). With the Cholesky factor, :math:`\Sigma = L L^\top`, neither
is formed: :math:`(x - \mu)^\top \Sigma^{-1} (x - \mu) = \lVert L^{-1}(x - \mu) \rVert^2`, and
:math:`\tfrac12 \log \det \Sigma = \sum_i \log |L_{ii}|`. And :math:`\mu + L \epsilon` is a sample.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import stop_gradient

from .distribution import Distribution, one_of, only
from .divergence import closed_form, kl
from .normal import LOG_2PI, both, noise

__all__ = ["DiagonalNormal", "MultivariateNormal"]


@dataclass(frozen=True, eq=False, init=False)
class MultivariateNormal(Distribution):
    r"""A Gaussian vector, :math:`\mathcal{N}(x \mid \mu, \Sigma)`.  Vidal (V-2).

    Parameters
    ----------
    mean : array (..., D); it and the matrix broadcast to the batch
    covariance : array (..., D, D), symmetric and positive definite
    cholesky : array (..., D, D), instead: lower triangular, no zero on the diagonal, :math:`\Sigma = L L^\top`
    precision : array (..., D, D), instead: :math:`S = \Sigma^{-1}`  (V-55)

    Raises
    ------
    ValueError
        A shape that does not fit, a matrix that is not symmetric or not positive definite.

    Examples
    --------
    >>> p = MultivariateNormal([0.0, 0.0], [[4.0, 1.0], [1.0, 1.0]])
    >>> p.log_prob(np.array([[0.0, 0.0], [2.0, 1.0]])).round(4)
    array([-2.3872, -3.0538])
    >>> p.sample(0, 2).shape, p.batch_shape, p.event_shape
    ((2, 2), (), (2,))
    >>> p.precision.round(4)
    array([[ 0.3333, -0.3333],
           [-0.3333,  1.3333]])
    """

    mean: Any
    cholesky: Any

    def __init__(self, mean: Any, covariance: Any = None, *, cholesky: Any = None, precision: Any = None):
        name = one_of(covariance=covariance, cholesky=cholesky, precision=precision)
        given = {"covariance": covariance, "cholesky": cholesky, "precision": precision}[name]
        mean, matrix = both(mean, given, name, _vector_and_matrix)
        if name == "cholesky":
            if np.any(np.triu(stop_gradient(matrix), 1) != 0):
                raise ValueError("cholesky must be lower triangular: np.linalg.cholesky returns such a factor")
            only("cholesky", np.diagonal(stop_gradient(matrix), axis1=-2, axis2=-1), lambda d: d != 0,
                 "have no zero on its diagonal")
        else:
            matrix = _factor(name, matrix)
        object.__setattr__(self, "mean", np.broadcast_to(mean, np.broadcast_shapes(mean.shape, matrix.shape[:-1])))
        object.__setattr__(self, "cholesky", matrix)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.shape(self.mean)[:-1]

    @property
    def event_shape(self) -> tuple[int, ...]:
        return np.shape(self.mean)[-1:]

    @property
    def factor(self) -> Any:
        """L, the lower triangle of `cholesky`."""
        return np.tril(self.cholesky)

    @property
    def covariance(self) -> Any:
        r"""The matrix :math:`\Sigma = L L^\top`, (..., D, D)."""
        L = self.factor
        return L @ np.swapaxes(L, -1, -2)

    @property
    def precision(self) -> Any:
        r"""The matrix :math:`S = \Sigma^{-1}`, (..., D, D).  Vidal (V-55)."""
        inverse = np.linalg.inv(self.factor)
        return np.swapaxes(inverse, -1, -2) @ inverse

    @property
    def variance(self) -> Any:
        return np.sum(self.factor ** 2, axis=-1) + 0 * self.mean          # the diagonal of L L'

    def log_prob(self, x: Any) -> Any:
        z = _whiten(self.factor, self._events(x) - self.mean)
        return -0.5 * (np.sum(z * z, axis=-1) + self.event_shape[0] * LOG_2PI) - _half_log_det(self.factor)      # (V-2)

    def sample(self, rng: Any, shape: int | tuple[int, ...] = ()) -> Any:
        r"""Samples :math:`\mu + L \epsilon`: gradients flow to both."""
        L, e = self.factor, noise(rng, self._shape(shape), self.mean)
        return self.mean + (e @ L.T if L.ndim == 2 else (L @ e[..., None])[..., 0])

    def entropy(self) -> Any:
        return 0.5 * self.event_shape[0] * (1 + LOG_2PI) + _half_log_det(self.factor) + 0 * self.mean[..., 0]

    def marginal(self, coordinates: Any) -> MultivariateNormal:
        """The distribution of some coordinates, in the order given: their block of mean and covariance.  Vidal (V-11).

        Parameters
        ----------
        coordinates : integers, distinct, or booleans (D,)

        Examples
        --------
        >>> MultivariateNormal(np.arange(3.0), np.diag([1.0, 4.0, 9.0])).marginal([2, 0]).covariance
        array([[9., 0.],
               [0., 1.]])
        """
        a = self._coordinates(coordinates)
        rows = self.factor[..., a, :]                                     # of the covariance L_a L_a', whose factor is sought
        return MultivariateNormal(self.mean[..., a], rows @ np.swapaxes(rows, -1, -2))


@dataclass(frozen=True, eq=False, init=False)
class DiagonalNormal(Distribution):
    r"""A Gaussian vector with independent coordinates, :math:`\Sigma = \mathrm{diag}(\sigma^2)`.

    Its spread takes D numbers, where a full covariance takes D (D + 1) / 2.

    Parameters
    ----------
    mean : array (..., D)
    std : array (..., D), standard deviations; it and the mean broadcast to the batch
    log_std : array (..., D), instead: any real numbers

    Examples
    --------
    >>> p = DiagonalNormal(np.zeros(2), np.array([1.0, 2.0]))
    >>> p.log_prob(np.zeros(2)) == p.full().log_prob(np.zeros(2))
    np.True_
    """

    mean: Any
    log_std: Any

    def __init__(self, mean: Any, std: Any = None, *, log_std: Any = None):
        if one_of(std=std, log_std=log_std) == "std":
            log_std = np.log(only("std", std, lambda s: (s > 0) & (s < np.inf), "be positive"))
        mean, log_std = both(mean, log_std, "log_std", _vectors)
        shape = np.broadcast_shapes(mean.shape, log_std.shape)
        object.__setattr__(self, "mean", np.broadcast_to(mean, shape))
        object.__setattr__(self, "log_std", log_std)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.shape(self.mean)[:-1]

    @property
    def event_shape(self) -> tuple[int, ...]:
        return np.shape(self.mean)[-1:]

    @property
    def std(self) -> Any:
        """Standard deviations, (..., D)."""
        return np.exp(self.log_std)

    @property
    def variance(self) -> Any:
        return np.exp(2 * self.log_std) + 0 * self.mean

    @property
    def covariance(self) -> Any:
        """The diagonal matrix, (..., D, D)."""
        return np.exp(2 * self.log_std)[..., None] * np.eye(self.event_shape[0], dtype=self.log_std.dtype)

    def full(self) -> MultivariateNormal:
        """The same distribution with its covariance written out."""
        return MultivariateNormal(self.mean, cholesky=self.std[..., None] * np.eye(self.event_shape[0], dtype=self.log_std.dtype))

    def marginal(self, coordinates: Any) -> DiagonalNormal:
        """The distribution of some coordinates, in the order given: the others are left out.  Vidal (V-11)."""
        a = self._coordinates(coordinates)
        return DiagonalNormal(self.mean[..., a], log_std=self.log_std[..., a])

    def log_prob(self, x: Any) -> Any:
        z = (self._events(x) - self.mean) * np.exp(-self.log_std)
        return np.sum(-0.5 * (z * z + LOG_2PI) - self.log_std, axis=-1)                          # (V-2)

    def sample(self, rng: Any, shape: int | tuple[int, ...] = ()) -> Any:
        """Mean plus standard deviation times noise: gradients flow to both."""
        return self.mean + self.std * noise(rng, self._shape(shape), self.mean)

    def entropy(self) -> Any:
        return np.sum(0.5 * (1 + LOG_2PI) + self.log_std + 0 * self.mean, axis=-1)


@closed_form(MultivariateNormal, MultivariateNormal)
def _(p, q):
    z = _whiten(q.factor, p.mean - q.mean)
    inner = np.linalg.solve(q.factor, p.factor)                           # tr(Sq^-1 Sp) = |Lq^-1 Lp|^2
    return (0.5 * (np.sum(inner * inner, axis=(-1, -2)) + np.sum(z * z, axis=-1) - p.event_shape[0])
            + _half_log_det(q.factor) - _half_log_det(p.factor))


@closed_form(DiagonalNormal, DiagonalNormal)
def _(p, q):
    z = (p.mean - q.mean) * np.exp(-q.log_std)
    ratio = p.log_std - q.log_std
    return np.sum(0.5 * (np.exp(2 * ratio) + z * z - 1) - ratio, axis=-1)


@closed_form(DiagonalNormal, MultivariateNormal)
def _(p, q):
    return kl(p.full(), q)


@closed_form(MultivariateNormal, DiagonalNormal)
def _(p, q):
    return kl(p, q.full())


def _whiten(L, difference):
    r""":math:`L^{-1}(x - \mu)`, with all observations that share a factor in one product."""
    if L.ndim == 2:
        flat = np.reshape(difference, (math.prod(difference.shape[:-1]), L.shape[-1]))
        return np.reshape(np.linalg.solve(L, flat.T).T, difference.shape)
    lead = difference.ndim - L.ndim + 1                                   # axes of the sample, and of a batch without a factor
    flat = np.reshape(difference, (math.prod(difference.shape[:lead]), *difference.shape[lead:]))
    return np.reshape(np.moveaxis(np.linalg.solve(L, np.moveaxis(flat, 0, -1)), -1, 0), difference.shape)


def _half_log_det(L):
    return np.sum(np.log(np.abs(np.diagonal(L, axis1=-2, axis2=-1))), axis=-1)


def _factor(name, matrix):
    """The Cholesky factor of a covariance, or of the inverse of a precision."""
    values = stop_gradient(matrix)
    if not np.allclose(values, np.swapaxes(values, -1, -2), rtol=1e-5, atol=1e-6 * np.max(np.abs(values), initial=0)):
        raise ValueError(f"{name} must be symmetric; (A + A.T) / 2 is")
    try:
        if name == "covariance":
            return np.linalg.cholesky(matrix)
        # S = U U' with U upper triangular, the Cholesky factor seen from the last corner; then L = U'^-1 is lower triangular.
        U = np.linalg.cholesky(matrix[..., ::-1, ::-1])[..., ::-1, ::-1]
    except np.linalg.LinAlgError:
        smallest = np.min(np.linalg.eigvalsh(values))
        raise ValueError(f"{name} must be positive definite; its smallest eigenvalue is {smallest:.3g}. A covariance estimated "
                         "from few observations, or of coordinates that never vary, is singular: add a multiple of the "
                         "identity") from None
    return np.swapaxes(np.linalg.inv(U), -1, -2)


def _vectors(mean, other):
    if not mean or not other or mean[-1] != other[-1]:
        raise ValueError
    return np.broadcast_shapes(mean, other)


def _vector_and_matrix(mean, matrix):
    if len(mean) < 1 or len(matrix) < 2 or matrix[-1] != matrix[-2] or matrix[-1] != mean[-1]:
        raise ValueError
    return np.broadcast_shapes(mean, matrix[:-1])
