"""The normal distribution of a number."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .distribution import Distribution, one_of, only
from .divergence import closed_form

__all__ = ["Normal"]

LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True, eq=False, init=False)
class Normal(Distribution):
    r"""A Gaussian number, :math:`\mathcal{N}(x \mid \mu, \sigma^2)`: (V-2) with D = 1.

    Parameters
    ----------
    mean : array
    std : array, standard deviations; it and the mean broadcast to the batch
    log_std : array, instead: any real numbers

    Examples
    --------
    >>> height = Normal(170.0, 10.0)
    >>> height.sample(0, 3).round(1)
    array([171.3, 168.7, 176.4])

    Samples are the mean plus the standard deviation times noise, so gradients flow through them:

    >>> from edugen import grad
    >>> second_moment = lambda p: np.mean(p.sample(0, 100_000) ** 2)      # mean^2 + std^2
    >>> slope = grad(second_moment)(Normal(3.0, log_std=0.0))
    >>> print(slope.mean.round(1), slope.log_std.round(1))                # 2 mean, and 2 std^2
    6.0 2.0
    """

    mean: Any
    log_std: Any

    def __init__(self, mean: Any, std: Any = None, *, log_std: Any = None):
        if one_of(std=std, log_std=log_std) == "std":
            log_std = np.log(only("std", std, lambda s: (s > 0) & (s < np.inf), "be positive"))
        mean, log_std = both(mean, log_std, "log_std", np.broadcast_shapes)
        object.__setattr__(self, "mean", np.broadcast_to(mean, np.broadcast_shapes(mean.shape, log_std.shape)))
        object.__setattr__(self, "log_std", log_std)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.shape(self.mean)

    @property
    def std(self) -> Any:
        """Standard deviation."""
        return np.exp(self.log_std)

    @property
    def variance(self) -> Any:
        return np.exp(2 * self.log_std) + 0 * self.mean                   # of the batch's shape

    def log_prob(self, x: Any) -> Any:
        z = (self._events(x) - self.mean) * np.exp(-self.log_std)
        return -0.5 * (z * z + LOG_2PI) - self.log_std                                           # (V-2)

    def sample(self, rng: Any, shape: int | tuple[int, ...] = ()) -> Any:
        """Mean plus standard deviation times noise: gradients flow to both."""
        return self.mean + self.std * noise(rng, self._shape(shape), self.mean)

    def entropy(self) -> Any:
        return 0.5 * (1 + LOG_2PI) + self.log_std + 0 * self.mean


@closed_form(Normal, Normal)
def _(p, q):
    z = (p.mean - q.mean) * np.exp(-q.log_std)
    ratio = p.log_std - q.log_std
    return 0.5 * (np.exp(2 * ratio) + z * z - 1) - ratio


def both(mean: Any, spread: Any, name: str, together: Any) -> tuple[Any, Any]:
    """Mean and spread as finite floating arrays whose shapes fit together."""
    mean = only("mean", mean, np.isfinite, "be finite")
    spread = only(name, spread, np.isfinite, "be finite")
    try:
        together(mean.shape, spread.shape)
    except ValueError:
        raise ValueError(f"mean and {name} must broadcast, got shapes {mean.shape} and {spread.shape}") from None
    return mean, spread


def noise(rng: Any, shape: tuple[int, ...], like: Any) -> np.ndarray:
    """Standard normal numbers, of the precision of the parameters."""
    return np.random.default_rng(rng).standard_normal(shape).astype(getattr(like, "dtype", float))
