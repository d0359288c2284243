r"""Convolution with its gradients, and pooling.  Cho (3.15)-(3.17).

The three maps of the kernel, each linear in both arguments, are each other's gradients: any order of derivative is these three.
"""
import math
from typing import Any

import numpy as np

from ...kernels import convolution as kernels
from ..tensor import primitive, rule

__all__ = ["average_pool", "convolution", "max_pool", "transposed_convolution"]

MODES: dict[str, Any] = {"zeros": "constant", "circular": "wrap", "reflect": "reflect", "edge": "edge"}


def convolution(x: Any, f: Any, stride: Any = 1, padding: Any = "valid", dilation: Any = 1, groups: int = 1,
                mode: str = "zeros") -> Any:
    r"""Correlate images with filters, :math:`y^o_p = \sum_c \sum_t f^{oc}_t x^c_{sp + dt}`.  Cho (3.15)-(3.17).

    Parameters
    ----------
    x : array (N, C, *image), one to any number of dimensions
    f : array (O, C / groups, *taps)
    stride, dilation : int, or one a dimension
    padding : "valid" (none), "same" (with stride 1 the image keeps its size), or how many places before and after each dimension:
        int, one a dimension, or pairs
    groups : channels fall into so many groups that don't see each other
    mode : what stands in the padding: "zeros", "circular" (the other end), "reflect", "edge"

    Returns
    -------
    array (N, O, *out), with out = (image + padding - dilation (taps - 1) - 1) // stride + 1

    Raises
    ------
    ValueError
        Shapes that don't fit; the message names both.

    Examples
    --------
    >>> convolution(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[-1.0, 1.0]]]))
    array([[[1., 2.]]])
    """
    d, stride, dilation = _checked(x, f, stride, dilation, groups)
    if mode not in MODES:
        raise ValueError(f"convolution: mode must be one of {', '.join(MODES)}, got {mode!r}")
    widths = _padding(padding, np.shape(f)[2:], dilation, d)
    if any(w for pair in widths for w in pair):
        x = np.pad(x, [(0, 0), (0, 0), *widths], mode=MODES[mode])
    if any(n < k for n, k in zip(np.shape(x)[2:], _extent(np.shape(f)[2:], dilation), strict=True)):
        raise ValueError(f"convolution: filters that reach over {_extent(np.shape(f)[2:], dilation)} places are larger than the "
                         f"(padded) image {np.shape(x)[2:]}; pad more, or use a smaller filter")
    return _correlate(x, f, stride=stride, dilation=dilation, groups=groups)


def transposed_convolution(g: Any, f: Any, stride: Any = 1, dilation: Any = 1, groups: int = 1, image: Any = None) -> Any:
    """The transpose of `convolution` without padding: it spreads each entry of g over a filter's reach, and adds up.

    Parameters
    ----------
    g : array (N, O, *out)
    f : array (O, C / groups, *taps)
    image : lengths of the result; by default the smallest, stride (out - 1) + dilation (taps - 1) + 1

    Returns
    -------
    array (N, C, *image)

    Examples
    --------
    >>> transposed_convolution(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0]]]))
    array([[[ 1., 12., 20.]]])
    """
    d = np.ndim(f) - 2
    stride, dilation = _each("stride", stride, d), _each("dilation", dilation, d)
    if np.ndim(g) != d + 2 or np.shape(g)[1] != np.shape(f)[0]:
        raise ValueError(f"transposed_convolution: g of shape {np.shape(g)} doesn't fit filters of shape {np.shape(f)}: expected "
                         "g (N, O, *out) and f (O, C / groups, *taps)")
    least = tuple(s * (n - 1) + e for s, n, e in zip(stride, np.shape(g)[2:], _extent(np.shape(f)[2:], dilation), strict=True))
    image = least if image is None else tuple(image)
    if any(not low <= n < low + s for n, low, s in zip(image, least, stride, strict=True)):
        raise ValueError(f"transposed_convolution: image {image} doesn't fit; with stride {stride} it is at least {least}, and "
                         "less than a stride more")
    return _input_gradient(g, f, image=image, stride=stride, dilation=dilation, groups=groups)


def max_pool(x: Any, size: Any, stride: Any = None) -> Any:
    """Largest entry of each window: x (N, C, *image) -> (N, C, *out); windows don't overlap unless `stride` is smaller.

    Examples
    --------
    >>> max_pool(np.array([[[1.0, 5.0, 2.0, 3.0]]]), 2)
    array([[[5., 3.]]])
    """
    return np.max(_windows(x, size, stride), axis=-1)


def average_pool(x: Any, size: Any, stride: Any = None) -> Any:
    """Mean of each window; see `max_pool`.

    Examples
    --------
    >>> average_pool(np.array([[[1.0, 5.0, 2.0, 4.0]]]), 2)
    array([[[3., 3.]]])
    """
    return np.mean(_windows(x, size, stride), axis=-1)


def _windows(x, size, stride):
    """(N, C, *out, entries of a window)."""
    d = np.ndim(x) - 2
    if d < 1:
        raise ValueError(f"pooling expects x (N, C, *image), got shape {np.shape(x)}")
    size = _each("size", size, d)
    stride = size if stride is None else _each("stride", stride, d)
    if any(n < k for n, k in zip(np.shape(x)[2:], size, strict=True)):
        raise ValueError(f"pooling: windows {size} are larger than the image {np.shape(x)[2:]}")
    out = kernels.output_shape(np.shape(x)[2:], size, stride, (1,) * d)
    if stride == size:                                                    # no overlap: a view would do
        x = x[(..., *(slice(n * k) for n, k in zip(out, size, strict=True)))]
        x = np.reshape(x, [*np.shape(x)[:2], *(k for pair in zip(out, size, strict=True) for k in pair)])
        x = np.moveaxis(x, range(3, 3 + 2 * d, 2), range(-d, 0))
        return np.reshape(x, [*np.shape(x)[:2 + d], math.prod(size)])
    parts = [x[(..., *(slice(t, t + s * (n - 1) + 1, s) for t, n, s in zip(tap, out, stride, strict=True)))]
             for tap in np.ndindex(*size)]
    return np.stack(parts, axis=-1)


@primitive
def _correlate(x, f, stride, dilation, groups):
    return kernels.correlate(x, f, stride, dilation, groups)


@primitive
def _input_gradient(g, f, image, stride, dilation, groups):
    return kernels.input_gradient(g, f, image, stride, dilation, groups)


@primitive
def _filter_gradient(x, g, taps, stride, dilation, groups):
    return kernels.filter_gradient(x, g, taps, stride, dilation, groups)


@rule(_correlate, 0)
def _(g, y, x, f, stride=None, dilation=None, groups=1):
    return _input_gradient(g, f, image=np.shape(x)[2:], stride=stride, dilation=dilation, groups=groups)


@rule(_correlate, 1)
def _(g, y, x, f, stride=None, dilation=None, groups=1):
    return _filter_gradient(x, g, taps=np.shape(f)[2:], stride=stride, dilation=dilation, groups=groups)


@rule(_input_gradient, 0)
def _(c, x, g, f, image=None, stride=None, dilation=None, groups=1):
    return _correlate(c, f, stride=stride, dilation=dilation, groups=groups)


@rule(_input_gradient, 1)
def _(c, x, g, f, image=None, stride=None, dilation=None, groups=1):
    return _filter_gradient(c, g, taps=np.shape(f)[2:], stride=stride, dilation=dilation, groups=groups)


@rule(_filter_gradient, 0)
def _(c, f, x, g, taps=None, stride=None, dilation=None, groups=1):
    return _input_gradient(g, c, image=np.shape(x)[2:], stride=stride, dilation=dilation, groups=groups)


@rule(_filter_gradient, 1)
def _(c, f, x, g, taps=None, stride=None, dilation=None, groups=1):
    return _correlate(x, c, stride=stride, dilation=dilation, groups=groups)


def _checked(x, f, stride, dilation, groups):
    d = np.ndim(x) - 2
    if d < 1 or np.ndim(f) != d + 2:
        raise ValueError(f"convolution expects x (N, C, *image) and f (O, C / groups, *taps) of as many dimensions, got shapes "
                         f"{np.shape(x)} and {np.shape(f)}")
    if groups < 1 or np.shape(x)[1] != np.shape(f)[1] * groups or np.shape(f)[0] % groups:
        raise ValueError(f"convolution: {np.shape(x)[1]} channels of x don't fit f of shape {np.shape(f)} in {groups} groups: "
                         f"expected {np.shape(f)[1]} x {groups} channels, and a number of filters that {groups} divides")
    if any(k < 1 for k in np.shape(f)[2:]):
        raise ValueError(f"convolution: a filter needs at least one tap in each dimension, got {np.shape(f)[2:]}")
    return d, _each("stride", stride, d), _each("dilation", dilation, d)


def _each(name, value, d):
    """One positive number a dimension."""
    values = (value,) * d if np.ndim(value) == 0 else tuple(value)
    if len(values) != d or any(int(v) != v or v < 1 for v in values):
        raise ValueError(f"convolution: {name} must be a positive integer, or {d} of them, got {value!r}")
    return tuple(map(int, values))


def _extent(taps, dilation):
    return tuple(d * (k - 1) + 1 for k, d in zip(taps, dilation, strict=True))


def _padding(padding, taps, dilation, d):
    if isinstance(padding, str) and padding not in ("valid", "same"):
        raise ValueError(f'convolution: padding must be "valid", "same" or numbers, got {padding!r}')
    if padding == "valid":
        return [(0, 0)] * d
    if padding == "same":
        return [((e - 1) // 2, e // 2) for e in _extent(taps, dilation)]
    each: Any = [padding] * d if isinstance(padding, (int, np.integer)) else padding
    pairs = [(p, p) if np.ndim(p) == 0 else tuple(p) for p in each]
    if len(pairs) != d or any(len(p) != 2 or min(p) < 0 for p in pairs):
        raise ValueError(f"convolution: padding must be a number, or one (or a pair) for each of {d} dimensions, got {padding!r}")
    return pairs
