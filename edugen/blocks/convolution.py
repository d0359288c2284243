r"""Blocks that do the same everywhere: convolution, pooling, and what they commute with.  Cho §3.2, (3.13)-(3.17).

.. math:: h_t^k = \sum_{m=-M}^{M} x_{t+m}^\top f^k_{m+M+1}

(a correlation, strictly). A pattern that moves is found where it went: :math:`F(T(x)) = T(F(x))`. The sums with their gradients
stand in `edugen.autodiff.ops.convolution`.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import average_pool, convolution, max_pool, transposed_convolution
from edugen.autodiff.ops.convolution import MODES

from .linear import (
    INITIALIZERS,
    NONLINEARITIES,
    check_choice,
    check_counts,
    check_parameters,
    default_first,
    first_weights,
    floating,
)

__all__ = ["Convolution", "Flatten", "GlobalPool", "Pool", "TransposedConvolution", "equivariance_gap", "invariance_gap"]


# Checkers -----------------------------------------------------------------------------------------------------------------

def equivariance_gap(F: Callable[[Any], Any], T: Callable[[Any], Any], x: Any, after: Callable[[Any], Any] | None = None) -> Any:
    r"""How far a map is from commuting with a transformation, :math:`|F(T(x)) - T(F(x))|`, entry by entry.  Cho (3.13).

    Parameters
    ----------
    F, T : functions of an array
    x : where to look; one x proves nothing, random ones leave little doubt
    after : function, optional
        What T becomes for the output, where that is of another kind; by default T.

    Returns
    -------
    array of the output's shape; zeros where F is equivariant

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> equivariance_gap(np.sqrt, np.flip, x), equivariance_gap(np.cumsum, np.flip, x)
    (array([0., 0., 0.]), array([3., 3., 6.]))
    """
    one, other = _signed(F(T(x))), _signed((after or T)(F(x)))
    if np.shape(one) != np.shape(other):
        raise ValueError(f"equivariance_gap: F(T(x)) has shape {np.shape(one)}, and T(F(x)) {np.shape(other)}; say with `after` "
                         "what the transformation is for the output")
    return np.abs(one - other)                                                   # (3.13)


def _signed(y):
    """Numbers whose differences are what they should be: those of short integers go round, and booleans have none."""
    return y.astype(float) if getattr(y, "dtype", np.dtype(float)).kind in "bui" else y


def invariance_gap(F: Callable[[Any], Any], T: Callable[[Any], Any], x: Any) -> Any:
    r"""How far a map is from not noticing a transformation, :math:`|F(T(x)) - F(x)|`, entry by entry.  Cho (3.14).

    Examples
    --------
    >>> float(invariance_gap(np.max, np.flip, np.array([1.0, 2.0, 4.0])))
    0.0
    """
    return equivariance_gap(F, T, x, after=lambda y: y)                          # (3.14)


# Blocks -------------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Convolution:
    r"""K filters that look at each place of a series or an image, and at its neighbors.  Cho (3.15), (3.16), (3.17).

    Parameters
    ----------
    channels : int, of what comes in: the length d of each :math:`x_t`
    filters : int, K, the channels of what goes out
    taps : tuple of ints, the lengths of a filter, one a dimension; an int is a filter along a series
        2M + 1 in (3.15): odd, it has a center.
    sigma : str, a key of `NONLINEARITIES`
    stride, padding, dilation, groups, mode : as in `edugen.autodiff.convolution`
        By default as many places go out as come in, and zeros are what lies beyond the boundary.
    first : str, a key of `INITIALIZERS`; by default as in `Linear`, for the numbers that one filter sees

    Raises
    ------
    ValueError
        For a size that is no integer from 1 on, groups that don't divide, a name that is not there, or parameters of another
        block.

    Examples
    --------
    >>> block = Convolution(1, 8, (3, 3))
    >>> theta = block.init(0)
    >>> theta["f"].shape, theta["c"].shape, block(theta, np.ones((5, 1, 20, 20))).shape
    ((8, 1, 3, 3), (8,), (5, 8, 20, 20))
    """

    channels: int
    filters: int
    taps: Any
    sigma: str = "relu"
    stride: Any = 1
    padding: Any = "same"
    dilation: Any = 1
    groups: int = 1
    mode: str = "zeros"
    first: str | None = None

    def __post_init__(self) -> None:
        _check_sizes(self, stride=self.stride, dilation=self.dilation)
        check_counts("Convolution", groups=self.groups)
        if self.channels % self.groups or self.filters % self.groups:
            raise ValueError(f"Convolution: groups must divide {self.channels} channels and {self.filters} filters, got "
                             f"{self.groups}")
        check_choice("mode", self.mode, MODES)
        if isinstance(self.padding, str):
            check_choice("padding", self.padding, ("same", "valid"))
        check_choice("sigma", self.sigma, NONLINEARITIES)
        if self.first is not None:
            check_choice("first", self.first, INITIALIZERS)

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Filters f (K, channels / groups, *taps) at random, biases c (K,) of zero."""
        seen = self.channels // self.groups * math.prod(self.taps)
        f = first_weights(rng, seen, self.filters, self.sigma, self.first).T
        if (self.first or default_first(self.sigma)) == "glorot":                # what comes in goes to each tap of a filter
            f = f * math.sqrt((seen + self.filters) / (seen + self.filters // self.groups * math.prod(self.taps)))
        return {"f": f.reshape(self.filters, -1, *self.taps).astype(floating(dtype)), "c": np.zeros(self.filters, dtype)}

    def __call__(self, theta: dict[str, Any], x: Any) -> Any:
        """Array (N, channels, *image) to (N, filters, *out)."""
        _check_images(self, x)
        check_parameters(self, theta, f=(self.filters, self.channels // self.groups, *self.taps), c=(self.filters,))
        fused = "relu" if self.sigma == "relu" else "identity"
        h = convolution(x, theta["f"], self.stride, self.padding, self.dilation, self.groups, self.mode,
                        theta["c"], fused)                                       # (3.15)
        return h if fused == self.sigma else NONLINEARITIES[self.sigma](h)


@dataclass(frozen=True)
class TransposedConvolution:
    """Each place of a small image spread over a filter's reach in a large one: a convolution, run from its output to its input.

    Parameters
    ----------
    channels, filters : ints, of what comes in, and of what goes out
    taps : tuple of ints, or an int
    sigma : str, a key of `NONLINEARITIES`
    stride : int or tuple
        So many times as many places go out.

    Examples
    --------
    >>> block = TransposedConvolution(8, 1, (3, 3), stride=2)
    >>> block(block.init(0), np.ones((5, 8, 4, 4))).shape
    (5, 1, 8, 8)
    """

    channels: int
    filters: int
    taps: Any
    sigma: str = "relu"
    stride: Any = 1

    def __post_init__(self) -> None:
        _check_sizes(self, stride=self.stride)
        check_choice("sigma", self.sigma, NONLINEARITIES)

    def _transposed(self) -> Convolution:
        return Convolution(self.filters, self.channels, self.taps, self.sigma, self.stride)

    def init(self, rng: Any, dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Filters f (channels, filters, *taps) at random, biases c (filters,) of zero."""
        theta = self._transposed().init(rng, dtype)
        share = math.prod(np.broadcast_to(self.stride, len(self.taps)).tolist())        # of a filter's taps, so many meet a place
        kept = math.sqrt(share * self.filters / self.channels)
        if default_first(self.sigma) == "glorot":
            kept = math.sqrt((self.filters + self.channels) / (self.filters + self.channels / share))
        return {"f": (theta["f"] * kept).astype(dtype), "c": np.zeros(self.filters, dtype)}

    def __call__(self, theta: dict[str, Any], x: Any) -> Any:
        """Array (N, channels, *image) to (N, filters, *(stride image))."""
        _check_images(self, x)
        check_parameters(self, theta, f=(self.channels, self.filters, *self.taps), c=(self.filters,))
        h = transposed_convolution(x, theta["f"], self.stride, padding="same")
        return NONLINEARITIES[self.sigma](h + _beside(theta["c"], self.taps))


@dataclass(frozen=True)
class Pool:
    """The largest entry, or the mean, of each window.

    Parameters
    ----------
    size : int or tuple, of a window
    by : "max" or "mean"
    stride : from a window to the next; by default size, so that windows don't overlap

    Examples
    --------
    >>> block = Pool(2)
    >>> block(block.init(), np.arange(6.0).reshape(1, 1, 6))
    array([[[1., 3., 5.]]])
    """

    size: Any
    by: str = "max"
    stride: Any = None

    def __post_init__(self) -> None:
        check_choice("by", self.by, _POOLS)
        _check_steps("Pool", size=self.size, stride=1 if self.stride is None else self.stride)

    def init(self, rng: Any = None, dtype: Any = np.float64) -> dict[str, Any]:
        """No parameters: an empty dict."""
        return {}

    def __call__(self, theta: Any, x: Any) -> Any:
        """Array (N, channels, *image) to (N, channels, *out)."""
        return _POOLS[self.by](x, self.size, self.stride)


_POOLS = {"max": max_pool, "mean": average_pool}


@dataclass(frozen=True)
class GlobalPool:
    """One number a channel, from all places: what makes an equivariant stack invariant.

    Parameters
    ----------
    by : "max", "mean" or "sum"

    Examples
    --------
    >>> block = GlobalPool()
    >>> block(block.init(), np.arange(6.0).reshape(1, 2, 3))
    array([[2., 5.]])
    """

    by: str = "max"

    def __post_init__(self) -> None:
        check_choice("by", self.by, _REDUCTIONS)

    def init(self, rng: Any = None, dtype: Any = np.float64) -> dict[str, Any]:
        """No parameters: an empty dict."""
        return {}

    def __call__(self, theta: Any, x: Any) -> Any:
        """Array (N, channels, *image) to (N, channels)."""
        if np.ndim(x) < 3 or not math.prod(np.shape(x)[2:]):
            raise ValueError(f"GlobalPool: x must be an array (N, channels, *image), an image not empty, got shape {np.shape(x)}")
        return _REDUCTIONS[self.by](x, axis=tuple(range(2, np.ndim(x))))


_REDUCTIONS: dict[str, Callable[..., Any]] = {"max": np.max, "mean": np.mean, "sum": np.sum}


@dataclass(frozen=True)
class Flatten:
    """Each example as a vector: from images to what a linear block takes.

    Examples
    --------
    >>> Flatten()({}, np.ones((5, 2, 3, 3))).shape
    (5, 18)
    """

    def init(self, rng: Any = None, dtype: Any = np.float64) -> dict[str, Any]:
        """No parameters: an empty dict."""
        return {}

    def __call__(self, theta: Any, x: Any) -> Any:
        """Array (N, *anything) to (N, as many numbers)."""
        return np.reshape(x, (np.shape(x)[0], math.prod(np.shape(x)[1:])))


def _check_sizes(block, **steps):
    """Of a convolution, with its taps made a tuple."""
    caller = type(block).__name__
    object.__setattr__(block, "taps", tuple(np.atleast_1d(block.taps).tolist()))
    check_counts(caller, channels=block.channels, filters=block.filters)
    _check_steps(caller, taps=block.taps, **steps)
    for name, value in steps.items():
        if np.ndim(value) and len(value) != len(block.taps):
            raise ValueError(f"{caller}: {name} must be a number, or one for each of {len(block.taps)} dimensions, got {value!r}")


def _check_steps(caller, **steps):
    for name, value in steps.items():
        for one in np.atleast_1d(value).tolist() or [0]:
            check_counts(caller, **{name: one})


def _check_images(block, x):
    if np.ndim(x) != len(block.taps) + 2 or np.shape(x)[1] != block.channels:
        raise ValueError(f"{type(block).__name__}: x must be an array (N, {block.channels}, *image), an image of "
                         f"{len(block.taps)} dimensions, got shape {np.shape(x)}; a single image is a batch of one, x[None]")


def _beside(c, taps):
    """A bias for each channel, to add to all places."""
    return np.reshape(c, (-1,) + (1,) * len(taps))
