"""The Bernoulli distribution: a coin."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import log_sigmoid, sigmoid, softplus, stop_gradient

from .distribution import Distribution, one_of, only, weighted
from .divergence import closed_form

__all__ = ["Bernoulli"]


@dataclass(frozen=True, eq=False, init=False)
class Bernoulli(Distribution):
    r"""A coin that shows 1 with probability q, and 0 else.  Vidal (V-26), Grover (G-18).

    Parameters
    ----------
    probs : array of probabilities of a 1, the batch
    logits : array, instead: :math:`\log q - \log(1 - q)`, any real numbers

    Examples
    --------
    >>> coin = Bernoulli(0.25)
    >>> np.exp(coin.log_prob(np.array([0, 1])))
    array([0.75, 0.25])
    >>> coin.sample(0, 8)
    array([0, 0, 1, 1, 0, 0, 0, 0])
    """

    logits: Any

    def __init__(self, probs: Any = None, *, logits: Any = None):
        if one_of(probs=probs, logits=logits) == "probs":
            q = only("probs", probs, lambda q: (q >= 0) & (q <= 1), "lie in [0, 1]")
            with np.errstate(divide="ignore"):
                logits = np.log(q) - np.log1p(-q)
        object.__setattr__(self, "logits", only("logits", logits, lambda a: ~np.isnan(a), "be numbers"))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.shape(self.logits)

    @property
    def probs(self) -> Any:
        """Probability of a 1."""
        return sigmoid(self.logits)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def variance(self) -> Any:
        return sigmoid(self.logits) * sigmoid(-self.logits)

    def log_prob(self, x: Any) -> Any:
        """Log-probability of 0s and 1s; anything else is refused, gray values too."""
        x = only("x", self._events(x), lambda x: (x == 0) | (x == 1), "hold 0s and 1s (binarize gray values first)")
        return -softplus(np.where(x == 1, -self.logits, self.logits))     # log q where x = 1, log(1 - q) where x = 0

    def sample(self, rng: Any, shape: int | tuple[int, ...] = ()) -> Any:
        """0s and 1s; no gradient flows through a choice."""
        uniform = np.random.default_rng(rng).random(self._shape(shape))
        return (uniform < stop_gradient(self.probs)).astype(np.int64)

    def entropy(self) -> Any:
        a = self.logits                                                                          # (V-26)
        return -weighted(sigmoid(a), log_sigmoid(a)) - weighted(sigmoid(-a), log_sigmoid(-a)) + 0.0


@closed_form(Bernoulli, Bernoulli)
def _(p, q):
    a, b = p.logits, q.logits
    with np.errstate(invalid="ignore"):                                   # inf - inf, where both rule it out: weight 0
        return (weighted(sigmoid(a), log_sigmoid(a) - log_sigmoid(b))
                + weighted(sigmoid(-a), log_sigmoid(-a) - log_sigmoid(-b)))
