"""Convolution and its gradients: loops, SciPy, each other's transposes; twins against references."""
import itertools

import numpy as np
import pytest
from scipy import signal

from edugen.kernels import use
from edugen.kernels.convolution import correlate, filter_gradient, input_gradient, output_shape

#         x               f               stride     dilation   groups
CASES = [((2, 3, 7), (4, 3, 3), (1,), (1,), 1), ((2, 3, 7), (5, 3, 3), (2,), (1,), 1), ((1, 2, 5), (3, 2, 5), (4,), (1,), 1),
         ((2, 4, 9, 8), (6, 2, 3, 2), (1, 1), (1, 1), 2), ((2, 4, 9, 8), (6, 2, 3, 2), (2, 3), (2, 1), 2),
         ((1, 1, 5, 5), (1, 1, 1, 1), (1, 1), (1, 1), 1), ((3, 4, 6, 6), (4, 1, 3, 3), (1, 1), (1, 1), 4),
         ((2, 2, 5, 6, 4), (3, 2, 2, 3, 2), (2, 1, 2), (1, 2, 1), 1), ((0, 2, 5), (3, 2, 2), (1,), (1,), 1),
         ((2, 1, 40, 30), (5, 1, 3, 3), (1, 1), (1, 1), 1)]
ALL = pytest.mark.parametrize("x, f, stride, dilation, groups", CASES, ids=str)


def loops(x, f, stride, dilation, groups):
    """The definition, one number at a time."""
    out = output_shape(x.shape[2:], f.shape[2:], stride, dilation)
    y = np.zeros((len(x), len(f), *out))
    per = len(f) // groups
    for n, o, p in itertools.product(range(len(x)), range(len(f)), np.ndindex(*out)):
        for c, t in itertools.product(range(f.shape[1]), np.ndindex(*f.shape[2:])):
            place = tuple(s * i + d * k for s, i, d, k in zip(stride, p, dilation, t, strict=True))
            y[(n, o, *p)] += f[(o, c, *t)] * x[(n, o // per * f.shape[1] + c, *place)]
    return y


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("x, f, stride, dilation, groups", CASES[:-1], ids=str)
def test_definition(backend, x, f, stride, dilation, groups, rng):
    x, f = rng.normal(size=x), rng.normal(size=f)
    with use(backend):
        np.testing.assert_allclose(correlate(x, f, stride, dilation, groups), loops(x, f, stride, dilation, groups),
                                   rtol=1e-12, atol=1e-12)


@ALL
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-12), (np.float32, 3e-5)])
def test_twins_equal_references(x, f, stride, dilation, groups, dtype, tolerance, rng):
    x, f = rng.normal(size=x).astype(dtype), rng.normal(size=f).astype(dtype)
    y = correlate.reference(x, f, stride, dilation, groups)
    g = rng.normal(size=y.shape).astype(dtype)
    for kernel, args in ((correlate, (x, f)), (input_gradient, (g, f, x.shape[2:])), (filter_gradient, (x, g, f.shape[2:]))):
        twin, reference = (k(*args, stride, dilation, groups) for k in (kernel, kernel.reference))
        assert twin.dtype == reference.dtype == dtype and twin.shape == reference.shape
        np.testing.assert_allclose(twin, reference, rtol=tolerance, atol=tolerance * np.max(np.abs(reference), initial=0))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@ALL
def test_gradients_are_transposes(backend, x, f, stride, dilation, groups, rng):
    """<g, x * f> = <input_gradient(g, f), x> = <filter_gradient(x, g), f>."""
    x, f = rng.normal(size=x), rng.normal(size=f)
    with use(backend):
        y = correlate(x, f, stride, dilation, groups)
        g = rng.normal(size=y.shape)
        np.testing.assert_allclose(np.sum(x * input_gradient(g, f, x.shape[2:], stride, dilation, groups)), np.sum(g * y),
                                   rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(np.sum(f * filter_gradient(x, g, f.shape[2:], stride, dilation, groups)), np.sum(g * y),
                                   rtol=1e-10, atol=1e-10)


def test_scipy_agrees(rng):
    x, f = rng.normal(size=(12, 9)), rng.normal(size=(3, 4))
    np.testing.assert_allclose(correlate(x[None, None], f[None, None], (1, 1), (1, 1))[0, 0],
                               signal.correlate(x, f, mode="valid"), rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_memory_layouts_read_only_and_mixed_precision(backend, rng):
    x, f = rng.normal(size=(6, 5, 4, 2)), rng.normal(size=(2, 2, 2, 3))
    views = x.transpose(3, 0, 1, 2)[..., ::-1], f.transpose(3, 0, 1, 2)
    copies = [np.ascontiguousarray(v) for v in views]
    for v in views:
        v.flags.writeable = False
    copies[1] = copies[1][:, [0, 1, 0, 1, 0, 1]] if copies[1].shape[1] != 6 else copies[1]
    with use(backend):
        filters = np.ascontiguousarray(copies[1])
        expected = correlate(copies[0], filters, (1, 1), (1, 1))
        np.testing.assert_allclose(correlate(views[0], filters[:, ::-1][:, ::-1], (1, 1), (1, 1)), expected, rtol=1e-12)
        mixed = correlate(views[0].astype(np.float32), filters, (1, 1), (1, 1))
        assert mixed.dtype == np.float64
        np.testing.assert_allclose(mixed, expected, rtol=1e-4, atol=1e-5)
        whole = correlate(np.arange(5).reshape(1, 1, 5), np.array([[[1, 2]]]), (1,), (1,))
        np.testing.assert_array_equal(whole, [[[2, 5, 8, 11]]])
