r"""What makes descent slow, and blocks that normalize what comes to the next one.  Cho §3.1, (3.3)-(3.12).

The curvature of a least-squares energy is made of its inputs: where they are centered and white, it is the identity, and
descent arrives in one step. Inside a network the inputs of a block change while it learns, so they are normalized there,

.. math:: F(x; \theta) = m + \exp(s) \odot (x - \mu) \oslash \sigma, \qquad \theta = (m, s),

over the examples of a batch, or within each example. The backward pass of both stands in `edugen.autodiff.ops.normalization`.
"""
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from edugen.autodiff import Tensor, batch_norm, layer_norm, primitive, rule, tree

from .linear import Block, Residual, Sequential, check_counts, check_parameters, floating, layers

__all__ = ["BatchNorm", "GroupNorm", "LayerNorm", "RMSNorm", "condition_number", "fixed", "least_squares",
           "least_squares_hessian", "running", "statistics", "whitening"]


# Why ----------------------------------------------------------------------------------------------------------------------

def least_squares(theta: Any, x: Any, y: Any) -> Any:
    r"""Average energy of linear regression, :math:`\frac{1}{2N} \sum_n (u^\top x_n + c - y_n)^2`.  Cho (3.3), (3.4).

    Parameters
    ----------
    theta : array (D + 1,), u and then c
    x : array (N, D)
    y : array (N,)

    Examples
    --------
    >>> float(least_squares(np.array([1.0, 0.0]), np.array([[1.0], [3.0]]), np.array([0.0, 1.0])))
    1.25
    """
    if np.ndim(x) != 2 or not len(x) or np.shape(y) != (len(x),) or np.shape(theta) != (np.shape(x)[1] + 1,):
        raise ValueError("least_squares: expected theta (D + 1,), x (N, D) and y (N,) with at least one example, got shapes "
                         f"{np.shape(theta)}, {np.shape(x)} and {np.shape(y)}")
    theta, x, y = map(_floating, (theta, x, y))
    return np.mean((x @ theta[:-1] + theta[-1] - y) ** 2) / 2                     # (3.3), (3.4)


def least_squares_hessian(x: Any) -> Any:
    r"""Second derivatives of `least_squares` in (u, c): the second moments of (x, 1), whatever y and theta are.  Cho (3.7).

    Parameters
    ----------
    x : array (N, D)

    Returns
    -------
    array (D + 1, D + 1), positive semidefinite

    Examples
    --------
    >>> least_squares_hessian(np.array([[1.0], [3.0]]))
    array([[5., 2.],
           [2., 1.]])
    """
    x = _examples("least_squares_hessian", x)
    x = np.concatenate([x, np.ones((len(x), 1), x.dtype)], axis=1)
    return x.T @ x / len(x)                                                      # (3.7)


def condition_number(H: Any) -> float:
    r"""How stretched a bowl is, :math:`\max_i \lambda_i / \min_i \lambda_i` in absolute values.  Cho (3.8).

    Parameters
    ----------
    H : array (D, D), symmetric

    Returns
    -------
    float, at least 1; infinite where a direction is flat but for rounding

    Examples
    --------
    >>> condition_number(np.diag([4.0, 0.5]))
    8.0
    """
    H = np.asarray(H)
    if H.ndim != 2 or H.shape[0] != H.shape[1] or not len(H):
        raise ValueError(f"condition_number: H must be a square matrix, got shape {H.shape}")
    if not np.isfinite(H).all():
        raise ValueError("condition_number: H must be finite, got infinite entries or NaN")
    if not np.allclose(H, H.T, rtol=1e-6, atol=1e-9 * np.abs(H).max()):
        raise ValueError("condition_number: H must be symmetric, as a Hessian is")
    sizes = np.abs(np.linalg.eigvalsh(H))
    flat = len(H) * np.finfo(sizes.dtype).eps * sizes.max()
    return float(sizes.max() / sizes.min()) if sizes.min() > flat else float("inf")       # (3.8)


def whitening(x: Any, eps: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    r"""The mean and the matrix that make data white.  Cho (3.9), (3.10).

    :math:`(x - \mu)\, \Sigma^{-1/2}` has mean 0 and covariance I. Of all matrices that whiten, this symmetric root changes the
    data least (ZCA). What was measured on the training set is then applied to all data.

    Parameters
    ----------
    x : array (N, D)
    eps : float
        Added to the variance in every direction; needed where the data leave one out.

    Returns
    -------
    mean : array (D,)
    matrix : array (D, D), symmetric

    Raises
    ------
    ValueError
        Where some direction has no variance and eps is 0.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(100, 2)) @ np.array([[3.0, 1.0], [0.0, 0.1]]) + 5
    >>> mean, matrix = whitening(x)
    >>> white = (x - mean) @ matrix
    >>> np.allclose(white.T @ white / 100, np.eye(2))
    True
    """
    x = _examples("whitening", x)
    if not np.isfinite(x).all():
        raise ValueError("whitening: x must be finite, got infinite entries or NaN; leave those examples out, or fill them in")
    if not eps >= 0:
        raise ValueError(f"whitening: eps must be at least 0, got {eps!r}")
    mean = x.mean(axis=0)                                                        # (3.9)
    variances, axes = np.linalg.eigh((x - mean).T @ (x - mean) / len(x))
    rounding = 10 * len(variances) * np.finfo(x.dtype).eps
    if variances[0] + eps <= rounding * max(variances[-1], np.finfo(x.dtype).tiny):
        flat = np.sum(variances <= rounding * variances[-1])
        raise ValueError(f"whitening: of {len(variances)} directions, {flat} have no variance, and no matrix can give them one: "
                         "drop constant and repeated features, or pass eps > 0")
    return mean, (axes / np.sqrt(variances + eps)) @ axes.T                      # (3.10)


def _examples(caller, x):
    if np.ndim(x) != 2 or not np.size(x):
        raise ValueError(f"{caller}: x must be an array (N, D) with at least one example, got shape {np.shape(x)}")
    return _floating(x)


def _floating(x):
    x = x if type(x) is Tensor else np.asarray(x)
    if x.dtype.kind == "c":
        raise TypeError(f"normalization: expected arrays of real numbers, got {x.dtype}; take its real part, or both as features")
    return x if x.dtype.kind == "f" else x.astype(float)


# Blocks -------------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Norm:
    n: int
    eps: float = 1e-5
    _names: ClassVar[tuple[str, ...]] = ("m", "s")

    def __post_init__(self) -> None:
        check_counts(type(self).__name__, n=self.n)
        if not self.eps >= 0:
            raise ValueError(f"{type(self).__name__}: eps must be at least 0, got {self.eps!r}")

    def init(self, rng: Any = None, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Means m and logarithms of scales s, (n,), of zero; nothing is random."""
        return {"m": np.zeros(self.n, floating(dtype)), "s": np.zeros(self.n, dtype)}

    def _check(self, theta, x, axis):
        if np.ndim(x) < 2 or np.shape(x)[axis] != self.n:
            expected = f"(N, {self.n}) or (N, {self.n}, *image)" if axis == 1 else f"(N, ..., {self.n})"
            raise ValueError(f"{self}: x must be an array {expected}, got shape {np.shape(x)}")
        check_parameters(self, theta, **{name: (self.n,) for name in self._names})


@dataclass(frozen=True, eq=False)
class BatchNorm(_Norm):
    r"""Each feature normalized over the batch, :math:`m + \exp(s) \odot (x - \mu) \oslash \sigma`.  Cho (3.11).

    While it learns, the mean and deviation are those of the batch at hand, and a gradient passes through both. A single example
    has none: afterwards the block is given some, by `fixed`.

    Parameters
    ----------
    n : int, features; of images, channels
    eps : float, added to the variance
    mean, variance : arrays (n,), given ones, both or none; by default those of the batch

    Examples
    --------
    >>> block = BatchNorm(1)
    >>> block(block.init(), np.array([[1.0], [2.0], [3.0]])).ravel().round(3)
    array([-1.225,  0.   ,  1.225])
    >>> given = BatchNorm(1, mean=np.array([2.0]), variance=np.array([0.25]))
    >>> given(given.init(), np.array([[3.0]])).round(3)
    array([[2.]])
    """

    mean: Any = None
    variance: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mean is None and self.variance is None:
            return
        for name in ("mean", "variance"):
            if np.shape(getattr(self, name)) != (self.n,):
                raise ValueError(f"BatchNorm: mean and variance must both be arrays ({self.n},), or both be left out, got {name} "
                                 f"= {getattr(self, name)!r}")
            object.__setattr__(self, name, _floating(getattr(self, name)))
        if not np.all(self.variance >= 0):
            raise ValueError(f"BatchNorm: a variance is at least 0, got {self.variance}")

    def __call__(self, theta: dict[str, Any], x: Any) -> Any:
        """Array (N, n) or (N, n, *image) to one of its shape."""
        self._check(theta, x, 1)
        if self.mean is not None:
            gain = np.exp(theta["s"]) / np.sqrt(self.variance + self.eps)
            shape = (self.n,) + (1,) * (np.ndim(x) - 2)
            return x * np.reshape(gain, shape) + np.reshape(theta["m"] - gain * self.mean, shape)
        if np.size(x) == self.n:
            raise ValueError("BatchNorm: a batch of one example has no deviation, nothing would be left of it; give the block "
                             "the statistics of the training set: fixed(network, statistics(network, theta, training_set))")
        return batch_norm(x, np.exp(theta["s"]), theta["m"], self.eps)           # (3.11)


@dataclass(frozen=True)
class LayerNorm(_Norm):
    r"""Each example normalized over its own features.  Cho (3.12).

    No example needs another one. But what was the same up to size and offset can't be told apart any more.

    Examples
    --------
    >>> block = LayerNorm(2, eps=0.0)
    >>> block(block.init(), np.array([[0.9, 0.0], [2.0, 0.0]]))
    array([[ 1., -1.],
           [ 1., -1.]])
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n == 1:
            raise ValueError("LayerNorm: of a single feature, less its own mean, nothing would be left; it needs n of at least 2")

    def __call__(self, theta: dict[str, Any], x: Any) -> Any:
        """Array (N, ..., n) to one of its shape."""
        self._check(theta, x, -1)
        return layer_norm(x, np.exp(theta["s"]), theta["m"], self.eps)           # (3.12)


@dataclass(frozen=True)
class GroupNorm(_Norm):
    r"""Each example normalized over groups of its features, and over all places of an image (Wu and He 2018).

    Parameters
    ----------
    n : int, features or channels
    eps : float, added to the variance
    groups : int, a divisor of n
        With n of them each channel of an image by itself: instance normalization (Ulyanov et al. 2016).

    Examples
    --------
    >>> block = GroupNorm(4, groups=2)
    >>> block(block.init(), np.array([[0.0, 1.0, 10.0, 30.0]])).round(2)
    array([[-1.,  1., -1.,  1.]])
    """

    groups: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts("GroupNorm", groups=self.groups)
        if self.n % self.groups:
            raise ValueError(f"GroupNorm: groups must divide n = {self.n}, got {self.groups}")

    def __call__(self, theta: dict[str, Any], x: Any) -> Any:
        """Array (N, n) or (N, n, *image) to one of its shape."""
        self._check(theta, x, 1)
        length = math.prod(np.shape(x)[1:]) // self.groups
        if length < 2:
            raise ValueError(f"{self}: of groups of fewer than two numbers nothing is left; x has shape {np.shape(x)}")
        rows = np.reshape(x, (len(x), self.groups, length))
        one = np.ones(rows.shape[-1], rows.dtype)
        standard = np.reshape(layer_norm(rows, one, 0 * one, self.eps), np.shape(x))
        shape = (self.n,) + (1,) * (np.ndim(x) - 2)
        return standard * np.reshape(np.exp(theta["s"]), shape) + np.reshape(theta["m"], shape)


@dataclass(frozen=True)
class RMSNorm(_Norm):
    r"""Each example over the root of its mean square (Zhang and Sennrich 2019).

    :math:`\exp(s) \odot x / \sqrt{\overline{x^2} + \epsilon}`: no mean is taken off.

    Examples
    --------
    >>> block = RMSNorm(2, eps=0.0)
    >>> block(block.init(), np.array([[3.0, 4.0]])).round(4)
    array([[0.8485, 1.1314]])
    """

    _names: ClassVar[tuple[str, ...]] = ("s",)

    def init(self, rng: Any = None, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Logarithms of scales s, (n,), of zero."""
        return {"s": np.zeros(self.n, floating(dtype))}

    def __call__(self, theta: dict[str, Any], x: Any) -> Any:
        """Array (N, ..., n) to one of its shape."""
        self._check(theta, x, -1)
        return np.exp(theta["s"]) * _unit(_floating(x), eps=self.eps)           # of bytes, squares would go round


@primitive
def _unit(x, eps=1e-5):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)


@rule(_unit)
def _(g, y, x, eps=1e-5):
    r = 1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    return r * (g - y * np.mean(g * y, axis=-1, keepdims=True))                  # dr/dx = -r^3 x / n


# Statistics of a whole network, explicit --------------------------------------------------------------------------------------

def statistics(network: Block, theta: Any, x: Any, unbiased: bool = False) -> Any:
    """Means and variances that come to each BatchNorm of a network, with those of the batch in use below it, as in training.

    Of the whole training set as one batch: the full re-estimate. Of one batch after the other: material for `running`.

    Parameters
    ----------
    network : Sequential, BatchNorm, Residual, or any nest of them
    theta : its parameters
    x : array (N, ...)
    unbiased : bool
        Variances over N - 1 in place of N. Those of a batch are smaller than those of the whole set, (N - 1) / N of them on
        average; this makes up for it where N is small.

    Returns
    -------
    tree shaped like the network, for `fixed`

    Examples
    --------
    >>> network = Sequential(BatchNorm(1))
    >>> statistics(network, network.init(0), np.array([[1.0], [2.0], [3.0]]))[0]["mean"]
    array([2.])
    """
    if isinstance(network, Sequential):
        return [statistics(block, part, at, unbiased) for block, part, at in
                zip(network.blocks, theta, [x, *layers(network, theta, x)[:-1]], strict=True)]
    if isinstance(network, Residual):
        return statistics(network.block, theta, x, unbiased)
    if isinstance(network, BatchNorm):
        if np.size(x) <= unbiased * network.n:
            raise ValueError(f"statistics: there are none of {np.size(x) // network.n} examples, x has shape {np.shape(x)}")
        over = (0, *range(2, np.ndim(x)))
        return {"mean": np.mean(x, axis=over), "variance": np.var(x, axis=over, ddof=int(unbiased))}
    return {}


def running(each: Iterable[Any], keep: float = 0.9) -> Any:
    """The exponential average of statistics of batches, in the order they came: keep of the old, the rest of the new.

    Examples
    --------
    >>> running([{"mean": np.array([0.0])}, {"mean": np.array([1.0])}], keep=0.75)
    {'mean': array([0.25])}
    """
    if not 0 <= keep < 1:
        raise ValueError(f"running: keep must be in [0, 1), got {keep!r}")
    if isinstance(each, dict):
        raise ValueError("running: expected the statistics of one batch after the other, got a single dict; pass a list")
    each = iter(each)
    average = next(each, None)
    if average is None:
        raise ValueError("running: there are no statistics to average; pass those of at least one batch")
    for new in each:
        average = tree.map(lambda a, b: keep * a + (1 - keep) * b, average, new)
    return average


def fixed(network: Block, statistics: Any) -> Any:
    """The network with given statistics in its BatchNorms: for use, when examples come one at a time.

    Parameters
    ----------
    network : Sequential, BatchNorm, Residual, or any nest of them
    statistics : of `statistics` or `running`

    Raises
    ------
    ValueError
        For statistics of another network: every BatchNorm must get some, and no other block any.

    Examples
    --------
    >>> network = Sequential(BatchNorm(1))
    >>> theta, x = network.init(0), np.array([[1.0], [2.0], [3.0]])
    >>> fixed(network, statistics(network, theta, x))(theta, x[:1]).round(3)
    array([[-1.225]])
    """
    if isinstance(network, Sequential):
        if not isinstance(statistics, list | tuple) or len(statistics) != len(network.blocks):
            raise ValueError(f"fixed: statistics must be a list for each of {len(network.blocks)} blocks, got {statistics!r}")
        return Sequential(*[fixed(block, part) for block, part in zip(network.blocks, statistics, strict=True)])
    if isinstance(network, Residual):
        return replace(network, block=fixed(network.block, statistics))
    names = ["mean", "variance"] if isinstance(network, BatchNorm) else []
    if not isinstance(statistics, dict) or sorted(statistics) != names:
        raise ValueError(f"fixed: {network} takes {' and '.join(names) or 'no statistics'}, got {statistics!r}; are they "
                         "another network's?")
    return replace(network, **statistics) if isinstance(network, BatchNorm) else network
