"""The categorical distribution: a die."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import log_softmax, softmax, stop_gradient

from .distribution import Distribution, one_of, only, weighted
from .divergence import closed_form

__all__ = ["Categorical"]


@dataclass(frozen=True, eq=False, init=False)
class Categorical(Distribution):
    r"""One of K outcomes, counted from 0: :math:`p(x = k) = \pi_k`.  Vidal (V-3).

    Its mean and variance are those of the number k. Where the outcomes carry values, see `background.Table`.

    Parameters
    ----------
    probs : array batch_shape + (K,), rows that sum to one
    logits : array of that shape, instead: :math:`\log \pi_k` up to a constant of the row, any real numbers, -inf for never

    Examples
    --------
    >>> die = Categorical([0.5, 0.25, 0.25])
    >>> die.entropy() / np.log(2)
    np.float64(1.5)
    >>> die.sample(0, 8)
    array([1, 0, 0, 0, 2, 2, 1, 1])
    """

    logits: Any

    def __init__(self, probs: Any = None, *, logits: Any = None):
        name = one_of(probs=probs, logits=logits)
        shape = np.shape(probs if logits is None else logits)
        if len(shape) == 0 or shape[-1] == 0:
            raise ValueError(f"{name} must have a last axis of K outcomes, got shape {shape}")
        if logits is None:
            pi = only("probs", probs, lambda pi: pi >= 0, "not be negative")
            only("probs", np.sum(pi, axis=-1), lambda s: np.abs(s - 1) < (1e-4 if s.dtype == np.float32 else 1e-8),
                 "sum to one along the last axis")
            possible = stop_gradient(pi) > 0
            logits = np.where(possible, np.log(np.where(possible, pi, 1)), -np.inf)
        logits = only("logits", logits, lambda a: a < np.inf, "be numbers below infinity")
        only("logits", np.max(stop_gradient(logits), axis=-1), lambda top: top > -np.inf, "leave one outcome of a row possible")
        object.__setattr__(self, "logits", logits)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.shape(self.logits)[:-1]

    @property
    def probs(self) -> Any:
        r"""The probabilities :math:`\pi`, batch_shape + (K,)."""
        return softmax(self.logits)

    @property
    def log_probs(self) -> Any:
        r"""Their logarithms, batch_shape + (K,)."""
        return log_softmax(self.logits)

    @property
    def mean(self) -> Any:
        return self.probs @ np.arange(np.shape(self.logits)[-1], dtype=self.logits.dtype)

    @property
    def variance(self) -> Any:
        k = np.arange(np.shape(self.logits)[-1], dtype=self.logits.dtype)
        return np.sum(self.probs * (k - self.mean[..., None]) ** 2, axis=-1)

    def log_prob(self, x: Any) -> Any:
        """Log-probability of integers 0 to K - 1."""
        x, K = self._events(x), np.shape(self.logits)[-1]
        if x.dtype.kind not in "iub" or np.any((x < 0) | (x >= K)):
            raise ValueError(f"x must hold integers in 0..{K - 1}, got {x.dtype}"
                             + (f" in {x.min()}..{x.max()}" if x.size else ""))
        shape = np.broadcast_shapes(x.shape, self.batch_shape)
        rows = np.broadcast_to(self.log_probs, (*shape, K))
        return np.take_along_axis(rows, np.broadcast_to(x, shape)[..., None].astype(np.int64), axis=-1)[..., 0]     # (V-3)

    def sample(self, rng: Any, shape: int | tuple[int, ...] = ()) -> Any:
        """Integers; no gradient flows through a choice."""
        edges = np.cumsum(stop_gradient(self.probs), axis=-1)
        uniform = np.random.default_rng(rng).random((*self._shape(shape), 1)) * edges[..., -1:]      # rounding: not quite one
        return np.sum(uniform >= edges[..., :-1], axis=-1)                # how many edges it has passed

    def entropy(self) -> Any:
        return -np.sum(weighted(self.probs, self.log_probs), axis=-1) + 0.0                       # (V-24)


@closed_form(Categorical, Categorical)
def _(p, q):
    with np.errstate(invalid="ignore"):                                   # -inf - -inf, where both rule it out: weight 0
        return np.sum(weighted(p.probs, p.log_probs - q.log_probs), axis=-1)                     # (V-28), (G-2)
