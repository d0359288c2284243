r"""Convolution with its gradients, and pooling.  Cho (3.15)-(3.17).

The three maps of the kernel, each linear in both arguments, are each other's gradients: any order of derivative is these three.
"""
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...kernels import convolution as kernels
from ...kernels import pooling
from ..tensor import Tensor, primitive, raw, rule
from .activations import relu, where_positive

__all__ = ["average_pool", "convolution", "max_pool", "transposed_convolution"]

MODES: dict[str, Any] = {"zeros": "constant", "circular": "wrap", "reflect": "reflect", "edge": "edge"}


def convolution(x: Any, f: Any, stride: Any = 1, padding: Any = "valid", dilation: Any = 1, groups: int = 1,
                mode: str = "zeros", bias: Any = None, activation: str = "identity") -> Any:
    r"""Correlate images with filters, :math:`y^o_p = \sum_c \sum_t f^{oc}_t x^c_{sp + dt}`.  Cho (3.15)-(3.17).

    Parameters
    ----------
    x : array (N, C, *image), one to any number of dimensions
    f : array (O, C / groups, *taps)
    stride, dilation : int, or one a dimension
    padding : "valid" (none); "same": with stride 1 the image keeps its size, and with stride s it is every s-th entry of that;
        or how many places before and after each dimension: int, one a dimension, or pairs
    groups : channels fall into so many groups that don't see each other
    mode : what stands in the padding: "zeros", "circular" (the other end), "reflect", "edge"
    bias : array (O,), optional, added to all places of a channel
    activation : "identity" or "relu", computed together with the sums

    Returns
    -------
    array (N, O, *out), with out = (image + padding - dilation (taps - 1) - 1) // stride + 1

    Raises
    ------
    ValueError, TypeError
        Shapes that don't fit, which the message names; entries that are no real numbers.

    Examples
    --------
    >>> convolution(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[-1.0, 1.0]]]))
    array([[[1., 2.]]])
    """
    x, f = _real("convolution", "x", x), _real("convolution", "f", f)
    d = x.ndim - 2
    if d < 1 or f.ndim != d + 2:
        raise ValueError(f"convolution expects x (N, C, *image) and f (O, C / groups, *taps) of as many dimensions, got shapes "
                         f"{x.shape} and {f.shape}; a single image is a batch of one, x[None]")
    stride, dilation = _each("convolution: stride", stride, d), _each("convolution: dilation", dilation, d)
    _check_filters("convolution", f, groups)
    if x.shape[1] != f.shape[1] * groups:
        raise ValueError(f"convolution: {x.shape[1]} channels of x don't fit f of shape {f.shape} in {groups} groups: expected "
                         f"{f.shape[1]} x {groups} channels")
    if mode not in MODES:
        raise ValueError(f"convolution: mode must be one of {', '.join(MODES)}, got {mode!r}")
    reach = _reach(f.shape[2:], dilation)
    widths = _padding("convolution", padding, reach)
    padded = tuple(n + sum(w) for n, w in zip(x.shape[2:], widths, strict=True))
    if any(n < k for n, k in zip(padded, reach, strict=True)):
        raise ValueError(f"convolution: filters that reach over {reach} places are larger than the (padded) image {padded}; pad "
                         "more, or use a smaller filter")
    if mode != "zeros" and any(map(sum, widths)):
        if not all(x.shape[2:]):
            raise ValueError(f"convolution: an image of shape {x.shape[2:]} has nothing to fill a {mode} padding with")
        x, widths = np.pad(x, [(0, 0), (0, 0), *widths], mode=MODES[mode]), None
    options: Any = {"stride": stride, "dilation": dilation, "groups": groups, "padding": widths}
    if activation not in _LAYERS:
        raise ValueError(f"convolution: activation must be one of {', '.join(_LAYERS)}, got {activation!r}; any other function "
                         "goes around it")
    if bias is None:
        return _correlate(x, f, **options) if activation == "identity" else relu(_correlate(x, f, **options))
    bias = _real("convolution", "bias", bias)
    if bias.shape != f.shape[:1]:
        raise ValueError(f"convolution: bias must be of shape {f.shape[:1]}, a number for each filter, got {bias.shape}")
    return _LAYERS[activation](x, f, bias, **options)


def transposed_convolution(g: Any, f: Any, stride: Any = 1, dilation: Any = 1, groups: int = 1, image: Any = None,
                           padding: Any = "valid") -> Any:
    """The transpose of `convolution`: it spreads each entry of g over a filter's reach, and adds up.

    Parameters
    ----------
    g : array (N, O, *out)
    f : array (O, C / groups, *taps)
    stride, dilation, groups, padding : those of the convolution; what falls on the padding is dropped
    image : lengths of the result, out of the `stride` ones that the convolution shrinks to out. By default the smallest,
        stride (out - 1) + dilation (taps - 1) + 1 - padding; with padding="same" the largest, stride out

    Returns
    -------
    array (N, C, *image)

    Examples
    --------
    >>> transposed_convolution(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0]]]))
    array([[[ 1., 12., 20.]]])
    """
    g, f = _real("transposed_convolution", "g", g), _real("transposed_convolution", "f", f)
    d = f.ndim - 2
    if d < 1 or g.ndim != d + 2 or g.shape[1] != f.shape[0]:
        raise ValueError(f"transposed_convolution: g of shape {g.shape} doesn't fit filters of shape {f.shape}: expected "
                         "g (N, O, *out) and f (O, C / groups, *taps)")
    stride, dilation = _each("transposed_convolution: stride", stride, d), _each("transposed_convolution: dilation", dilation, d)
    _check_filters("transposed_convolution", f, groups)
    if not all(g.shape[2:]):
        raise ValueError(f"transposed_convolution: g needs at least one entry in each dimension, got shape {g.shape}")
    reach = _reach(f.shape[2:], dilation)
    widths = _padding("transposed_convolution", padding, reach)
    least = tuple(s * (n - 1) + k - sum(w) for s, n, k, w in zip(stride, g.shape[2:], reach, widths, strict=True))
    same = isinstance(padding, str) and padding == "same"
    largest = tuple(s * n for s, n in zip(stride, g.shape[2:], strict=True))
    image = _each("transposed_convolution: image", image if image is not None else largest if same else least, d)
    if any(not low <= n < low + s for n, low, s in zip(image, least, stride, strict=True)):
        raise ValueError(f"transposed_convolution: image {image} doesn't fit; with stride {stride} it is at least {least}, and "
                         "less than a stride more")
    return _input_gradient(g, f, image=image, stride=stride, dilation=dilation, groups=groups, padding=widths)


def max_pool(x: Any, size: Any, stride: Any = None, padding: Any = "valid") -> Any:
    """Largest entry of each window: x (N, C, *image) -> (N, C, *out).  Its gradient goes to that entry; equal ones share it.

    Parameters
    ----------
    x : array (N, C, *image)
    size : of a window, int or one a dimension
    stride : from a window to the next; by default `size`, so that windows don't overlap
    padding : as in `convolution`; less than `size`, for the padding is never the largest

    Returns
    -------
    array (N, C, *out), with out = (image + padding - size) // stride + 1; what is left at the end of a dimension is dropped

    Examples
    --------
    >>> max_pool(np.array([[[1.0, 5.0, 2.0, 3.0]]]), 2)
    array([[[5., 3.]]])
    """
    x, size, stride, widths = _windows("max_pool", x, size, stride, padding)
    return _max_pool(x, size=size, stride=stride, padding=widths)


def average_pool(x: Any, size: Any, stride: Any = None, padding: Any = "valid") -> Any:
    """Mean of each window, of its places inside the image; arguments are those of `max_pool`.

    Examples
    --------
    >>> average_pool(np.array([[[1.0, 5.0, 2.0, 4.0]]]), 2)
    array([[[3., 3.]]])
    """
    x, size, stride, widths = _windows("average_pool", x, size, stride, padding)
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    ones: Any = np.ones((1, 1, *size), dtype)
    options: Any = {"stride": stride, "dilation": (1,) * len(size), "groups": 1, "padding": widths}
    count = kernels.correlate.reference(np.ones((1, 1, *x.shape[2:]), dtype), ones, **options)
    sums = _correlate(np.reshape(x, (x.shape[0] * x.shape[1], 1, *x.shape[2:])), ones, **options)       # each channel by itself
    return np.reshape(sums / count, (*x.shape[:2], *count.shape[2:]))


def _windows(name, x, size, stride, padding):
    x = _real(name, "x", x)
    d = x.ndim - 2
    if d < 1:
        raise ValueError(f"{name} expects x (N, C, *image), got shape {x.shape}")
    size = _each(f"{name}: size", size, d)
    stride = size if stride is None else _each(f"{name}: stride", stride, d)
    widths = _padding(name, padding, size)
    if any(max(w) >= k for w, k in zip(widths, size, strict=True)):
        raise ValueError(f"{name}: a padding of {widths} has room for whole windows {size}, which would be empty; pad less")
    if any(n == 0 or n + sum(w) < k for n, w, k in zip(x.shape[2:], widths, size, strict=True)):
        raise ValueError(f"{name}: windows {size} are larger than the image {x.shape[2:]}")
    return x, size, stride, widths


@primitive
def _correlate(x, f, stride, dilation, groups, padding=None):
    return kernels.correlate(x, f, stride, dilation, groups, padding)


@primitive
def _input_gradient(g, f, image, stride, dilation, groups, padding=None):
    return kernels.input_gradient(g, f, image, stride, dilation, groups, padding)


@primitive
def _filter_gradient(x, g, taps, stride, dilation, groups, padding=None):
    return kernels.filter_gradient(x, g, taps, stride, dilation, groups, padding)


@primitive
def _layer(x, f, bias, stride, dilation, groups, padding=None):
    return kernels.correlate(x, f, stride, dilation, groups, padding, bias)


@primitive
def _relu_layer(x, f, bias, stride, dilation, groups, padding=None):
    return kernels.correlate(x, f, stride, dilation, groups, padding, bias, True)


_LAYERS: dict[str, Any] = {"identity": _layer, "relu": _relu_layer}


@rule(_relu_layer, "first")                           # the cotangent of what the relu cuts, which all arguments share
def _(g, y, x, f, bias, stride=None, dilation=None, groups=1, padding=None):
    return where_positive(g, y)


for layer in _LAYERS.values():
    @rule(layer, 0)
    def _(g, y, x, f, bias, stride=None, dilation=None, groups=1, padding=None):
        return _input_gradient(g, f, image=np.shape(x)[2:], stride=stride, dilation=dilation, groups=groups, padding=padding)

    @rule(layer, 1)
    def _(g, y, x, f, bias, stride=None, dilation=None, groups=1, padding=None):
        return _filter_gradient(x, g, taps=np.shape(f)[2:], stride=stride, dilation=dilation, groups=groups, padding=padding)

    @rule(layer, 2)
    def _(g, y, x, f, bias, stride=None, dilation=None, groups=1, padding=None):
        return np.sum(g, axis=(0, *range(2, g.ndim)))


@rule(_correlate, 0)
def _(g, y, x, f, stride=None, dilation=None, groups=1, padding=None):
    return _input_gradient(g, f, image=np.shape(x)[2:], stride=stride, dilation=dilation, groups=groups, padding=padding)


@rule(_correlate, 1)
def _(g, y, x, f, stride=None, dilation=None, groups=1, padding=None):
    return _filter_gradient(x, g, taps=np.shape(f)[2:], stride=stride, dilation=dilation, groups=groups, padding=padding)


@rule(_input_gradient, 0)
def _(c, x, g, f, image=None, stride=None, dilation=None, groups=1, padding=None):
    return _correlate(c, f, stride=stride, dilation=dilation, groups=groups, padding=padding)


@rule(_input_gradient, 1)
def _(c, x, g, f, image=None, stride=None, dilation=None, groups=1, padding=None):
    return _filter_gradient(c, g, taps=np.shape(f)[2:], stride=stride, dilation=dilation, groups=groups, padding=padding)


@rule(_filter_gradient, 0)
def _(c, f, x, g, taps=None, stride=None, dilation=None, groups=1, padding=None):
    return _input_gradient(g, c, image=np.shape(x)[2:], stride=stride, dilation=dilation, groups=groups, padding=padding)


@rule(_filter_gradient, 1)
def _(c, f, x, g, taps=None, stride=None, dilation=None, groups=1, padding=None):
    return _correlate(x, c, stride=stride, dilation=dilation, groups=groups, padding=padding)


# Pooling: the gradient and its transpose are linear in their first argument. x only chooses where they go; so it is a constant.

@primitive
def _max_pool(x, size, stride, padding):
    return pooling.max_pool(x, size, stride, padding)


@primitive
def _at_max(c, x, size, stride, padding):
    return pooling.at_max(c, x, size, stride, padding)


@primitive
def _max_gradient(g, x, size, stride, padding):
    return pooling.max_gradient(g, x, size, stride, padding)


@rule(_max_pool)
def _(g, y, x, size=None, stride=None, padding=None):
    return _max_gradient(g, x=raw(x), size=size, stride=stride, padding=padding)


@rule(_at_max)
def _(g, y, c, x=None, size=None, stride=None, padding=None):
    return _max_gradient(g, x=x, size=size, stride=stride, padding=padding)


@rule(_max_gradient)
def _(c, y, g, x=None, size=None, stride=None, padding=None):
    return _at_max(c, x=x, size=size, stride=stride, padding=padding)


# Arguments -------------------------------------------------------------------------------------------------------------------

def _real(name, argument, x):
    x = x if type(x) is Tensor else np.asarray(x)
    if x.dtype.kind not in "iuf":
        way_out = f"; {argument}.astype(float) makes them" if x.dtype == bool else ""
        raise TypeError(f"{name}: {argument} must be an array of real numbers, got dtype {x.dtype}{way_out}")
    return x


def _check_filters(name, f, groups):
    if not isinstance(groups, (int, np.integer)) or groups < 1 or f.shape[0] % groups:
        raise ValueError(f"{name}: groups must be a positive integer that divides the {f.shape[0]} filters, got {groups!r}")
    if any(k < 1 for k in f.shape[2:]):
        raise ValueError(f"{name}: a filter needs at least one tap in each dimension, got {f.shape[2:]}")


def _each(name, value, d):
    """One positive number a dimension."""
    values = tuple(value) if isinstance(value, Iterable) else (value,) * d
    if len(values) != d or any(not isinstance(v, (int, np.integer)) or v < 1 for v in values):
        raise ValueError(f"{name} must be a positive integer, or {d} of them, got {value!r}")
    return tuple(map(int, values))


def _reach(taps, dilation):
    return tuple(d * (k - 1) + 1 for k, d in zip(taps, dilation, strict=True))


def _padding(name, padding, reach):
    """Pairs, one a dimension."""
    if isinstance(padding, str) and padding in ("valid", "same"):
        return tuple((0, 0) if padding == "valid" else ((k - 1) // 2, k // 2) for k in reach)
    several = isinstance(padding, Iterable) and not isinstance(padding, str)
    pairs = [tuple(p) if isinstance(p, Iterable) else (p, p) for p in (padding if several else [padding] * len(reach))]
    numbers = all(isinstance(w, (int, np.integer)) and w >= 0 for p in pairs for w in p)
    if len(pairs) != len(reach) or any(len(p) != 2 for p in pairs) or not numbers:
        raise ValueError(f'{name}: padding must be "valid", "same", a number, or one (or a pair) for each of {len(reach)} '
                         f"dimensions, got {padding!r}")
    return tuple((int(a), int(b)) for a, b in pairs)
