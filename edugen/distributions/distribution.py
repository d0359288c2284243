"""What all distributions have in common: one law of shapes, and what a call must hold.

**The law.** Three shapes stand side by side, always in this order:

    sample_shape + batch_shape + event_shape

An *event* is one outcome: () for a number, (D,) for a vector. A *batch* is a family of distributions, one for each entry of the
parameters. A *sample* is drawn as often as one asks. `sample(rng, shape)` returns all three; `log_prob(x)` takes all three,
broadcasts the batch, and returns sample_shape + batch_shape.

**Parameters.** What a person says comes first, and is validated: a probability, a standard deviation, a covariance. What is
stored, and what gradients and steps are taken in, may take any value: logits, the logarithm of a standard deviation, a
Cholesky factor. It can be given by its name instead, as the output of a network is: `Normal(mean, log_std=log_std)`.

A distribution is a tree: `grad` differentiates in it, and `tree.map` takes a step, without asking the constructor.
"""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from edugen.autodiff import stop_gradient

__all__ = ["Distribution", "one_of", "only", "weighted"]


class Distribution:
    """The interface; see the law of shapes above.

    Attributes
    ----------
    batch_shape, event_shape : tuples
    mean, variance : arrays batch_shape + event_shape
    """

    mean: Any

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """One distribution for each of its entries."""
        raise NotImplementedError

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one outcome."""
        return ()

    @property
    def variance(self) -> Any:
        """Variance of each coordinate, batch_shape + event_shape."""
        raise NotImplementedError

    def log_prob(self, x: Any) -> Any:
        """Logarithm of the density or probability: (... + batch_shape + event_shape) -> (... + batch_shape)."""
        raise NotImplementedError

    def sample(self, rng: Any, shape: int | tuple[int, ...] = ()) -> Any:
        """Draw outcomes: shape + batch_shape + event_shape.

        Parameters
        ----------
        rng : seed or Generator
        shape : int or tuple, the sample shape; () draws one for each of the batch
        """
        raise NotImplementedError

    def entropy(self) -> Any:
        r"""Entropy in nats, :math:`\mathbb{E}[-\log p(x)]`, batch_shape."""
        raise NotImplementedError

    def _shape(self, shape: int | tuple[int, ...]) -> tuple[int, ...]:
        """sample_shape + batch_shape + event_shape."""
        try:
            sample = (operator.index(shape),) if not isinstance(shape, tuple | list) else tuple(map(operator.index, shape))
        except TypeError:
            sample = (-1,)
        if min(sample, default=0) < 0:
            raise ValueError(f"shape says how many to draw, a number or a tuple of such, none negative, got {shape!r}")
        return sample + self.batch_shape + self.event_shape

    def _coordinates(self, coordinates: Any) -> np.ndarray:
        """Distinct integers, counted from 0, that pick coordinates of an event."""
        a, (D,) = np.asarray(coordinates), self.event_shape
        a = np.flatnonzero(a) if a.dtype == bool and a.shape == (D,) else a.astype(int) if a.size == 0 else a
        if a.dtype.kind not in "iu" or a.ndim != 1 or np.any((a < -D) | (a >= D)) or len(set((a % D).tolist())) < len(a):
            raise ValueError(f"coordinates must be distinct integers in 0..{D - 1}, or booleans ({D},), got {coordinates!r}")
        return a % D

    def _events(self, x: Any) -> Any:
        """`x` as an array whose last axes are those of an event, and the axes before them those of the batch."""
        x, wanted = x if hasattr(x, "shape") else np.asarray(x), self.batch_shape + self.event_shape
        n = len(self.event_shape)
        if x.shape[x.ndim - n:] != self.event_shape or x.ndim < n:
            raise ValueError(f"x must end in the event shape {self.event_shape}, got shape {x.shape}")
        try:
            np.broadcast_shapes(x.shape, wanted)
        except ValueError:
            raise ValueError(f"x of shape {x.shape} does not match the batch of shape {self.batch_shape}"
                             + (f" and events of shape {self.event_shape}" if n else "")
                             + "; x[:, None] gives every observation to every distribution of the batch") from None
        return x


def one_of(**choices: Any) -> str:
    """The name of the one choice that was made."""
    given = [name for name, value in choices.items() if value is not None]
    if len(given) != 1:
        raise TypeError(f"give exactly one of {', '.join(choices)}, got {' and '.join(given) or 'none'}")
    return given[0]


def only(name: str, x: Any, allowed: Any, wanted: str) -> Any:
    """`x` as a floating array, or a ValueError that says what `name` must be."""
    if not hasattr(x, "dtype"):
        x = np.asarray(x)
    if x.dtype.kind in "iub":
        x = x.astype(float)
    values = stop_gradient(x)
    fine = allowed(values)
    if not np.all(fine):
        bad = values[~fine] if np.shape(fine) == np.shape(values) and np.ndim(values) else values
        raise ValueError(f"{name} must {wanted}, got {np.ravel(bad)[0] if np.size(bad) else bad}"
                         + (f" ({np.size(bad)} such entries)" if np.size(bad) > 1 and np.shape(fine) == np.shape(values) else ""))
    return x


def weighted(p: Any, value: Any) -> Any:
    """p times value, where a probability of 0 makes the product 0 whatever the value."""
    possible = stop_gradient(p) > 0
    return np.where(possible, p * np.where(possible, value, 0), 0)
