"""Independent coordinates: many numbers drawn each on its own, as one vector."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import tree

from .distribution import Distribution
from .divergence import closed_form, kl

__all__ = ["Independent"]


@dataclass(frozen=True, eq=False)
class Independent(Distribution):
    r"""The last axis of a batch taken for the coordinates of one outcome: :math:`p(x) = \prod_i p(x_i)`.  Vidal (V-65).

    Parameters
    ----------
    base : distribution of numbers, with a batch of shape (..., D)

    Examples
    --------
    >>> from edugen.distributions import Bernoulli
    >>> image = Independent(Bernoulli(np.array([0.5, 0.5, 0.25])))         # three pixels, and one probability
    >>> np.exp(image.log_prob(np.array([1, 0, 0])))
    np.float64(0.1875)
    """

    base: Distribution

    def __post_init__(self) -> None:
        if not isinstance(self.base, Distribution) or self.base.event_shape or not self.base.batch_shape:
            raise ValueError("base must be a distribution of numbers with a batch (..., D), got "
                             + (f"events of shape {self.base.event_shape} in a batch of shape {self.base.batch_shape}"
                                if isinstance(self.base, Distribution) else type(self.base).__name__))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return self.base.batch_shape[:-1]

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.base.batch_shape[-1:]

    @property
    def mean(self) -> Any:
        return self.base.mean

    @property
    def variance(self) -> Any:
        return self.base.variance

    def log_prob(self, x: Any) -> Any:
        return np.sum(self.base.log_prob(self._events(x)), axis=-1)                              # (V-65)

    def sample(self, rng: Any, shape: int | tuple[int, ...] = ()) -> Any:
        """As the base draws, with gradients where it has them."""
        return self.base.sample(rng, shape)

    def entropy(self) -> Any:
        return np.sum(self.base.entropy(), axis=-1)

    def marginal(self, coordinates: Any) -> Independent:
        """The distribution of some coordinates, in the order given: the others are left out.

        Parameters
        ----------
        coordinates : integers, distinct, or booleans (D,)
        """
        a, shape = self._coordinates(coordinates), self.base.batch_shape
        index: Any = (*(slice(None),) * (len(shape) - 1), a)

        def some(leaf):                                                   # a categorical's leaf has an axis more
            return (leaf if np.ndim(leaf) > len(shape) else np.broadcast_to(leaf, shape))[index]
        return Independent(tree.map(some, self.base))


@closed_form(Independent, Independent)
def _(p, q):
    return np.sum(kl(p.base, q.base), axis=-1)
