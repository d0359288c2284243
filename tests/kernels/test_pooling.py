"""Max pooling: every window by hand, ties, borders, transposes; twins against references."""
import itertools

import numpy as np
import pytest

from edugen.kernels import use
from edugen.kernels.pooling import at_max, max_gradient, max_pool

#         x             size       stride  padding
CASES = [((2, 3, 7), (2,), (2,), ((0, 0),)), ((2, 1, 7), (3,), (1,), ((1, 2),)), ((1, 2, 5), (2,), (4,), ((0, 0),)),
         ((2, 3, 7, 6), (2, 3), (2, 3), ((0, 0), (0, 0))), ((11, 1, 5, 6), (3, 2), (2, 1), ((1, 0), (1, 1))),
         ((1, 1, 4, 5, 3), (2, 2, 2), (1, 2, 1), ((1, 0), (0, 0), (0, 1))), ((2, 2, 3), (1,), (1,), ((0, 0),)),
         ((0, 2, 4), (2,), (2,), ((0, 0),)), ((2, 0, 4), (2,), (2,), ((0, 0),))]
ALL = pytest.mark.parametrize("shape, size, stride, padding", CASES, ids=str)
BOTH = pytest.mark.parametrize("backend", ["numpy", "numba"])


def windows(shape, size, stride, padding):
    """(index of the result, indices of the image that its window holds)."""
    lengths = [(n + sum(p) - k) // s + 1 for n, p, k, s in zip(shape[2:], padding, size, stride, strict=True)]
    for n, c, out in itertools.product(range(shape[0]), range(shape[1]), np.ndindex(*lengths)):
        corner = [s * i - p[0] for s, i, p in zip(stride, out, padding, strict=True)]
        places = [tuple(i + t for i, t in zip(corner, tap, strict=True)) for tap in np.ndindex(*size)]
        yield (n, c, *out), [(n, c, *q) for q in places if all(0 <= i < k for i, k in zip(q, shape[2:], strict=True))]


@BOTH
@ALL
@pytest.mark.parametrize("ties", [False, True])
def test_every_window(backend, shape, size, stride, padding, ties, rng):
    x = rng.integers(-3, 0, shape).astype(float) if ties else rng.normal(size=shape) - 2       # negative: the border is no zero
    c = rng.normal(size=shape)
    with use(backend):
        y, mean = max_pool(x, size, stride, padding), at_max(c, x, size, stride, padding)
        g = rng.normal(size=y.shape)
        gradient = max_gradient(g, x, size, stride, padding)
    assert y.shape == mean.shape and gradient.shape == x.shape
    expected = np.zeros(shape)
    for out, members in windows(shape, size, stride, padding):
        top = max(x[q] for q in members)
        largest = [q for q in members if x[q] == top]
        assert y[out] == top
        np.testing.assert_allclose(mean[out], np.mean([c[q] for q in largest]), rtol=1e-12, atol=1e-14)
        for q in largest:
            expected[q] += g[out] / len(largest)
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(np.sum(g * mean), np.sum(c * gradient), rtol=1e-12, atol=1e-12)   # transposes
    with use(backend):
        np.testing.assert_allclose(at_max(x, x, size, stride, padding), y, rtol=1e-12)


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_twins_equal_references(shape, size, stride, padding, dtype, rng):
    x, c = rng.integers(-2, 3, shape).astype(dtype), rng.normal(size=shape).astype(dtype)
    y = max_pool.reference(x, size, stride, padding)
    g = rng.normal(size=y.shape).astype(dtype)
    for kernel, args in ((max_pool, (x,)), (at_max, (c, x)), (max_gradient, (g, x))):
        twin, reference = (k(*args, size, stride, padding) for k in (kernel, kernel.reference))
        assert twin.dtype == reference.dtype == dtype
        np.testing.assert_allclose(twin, reference, rtol=1e-5 if dtype == np.float32 else 1e-13, atol=1e-6)


@BOTH
def test_infinities_nan_integers_and_layouts(backend, rng):
    one = (2,), (2,), ((0, 0),)
    with use(backend):
        x = np.array([[[-np.inf, -np.inf, np.nan, 1.0, np.inf, 2.0]]])
        np.testing.assert_array_equal(max_pool(x, *one), [[[-np.inf, np.nan, np.inf]]])
        np.testing.assert_array_equal(max_gradient(np.array([[[1.0, 2.0, 3.0]]]), x, *one), [[[0.5, 0.5, 0, 0, 3.0, 0]]])
        c = np.array([[[1.0, np.inf, np.nan, np.inf, 5.0, np.nan]]])
        np.testing.assert_array_equal(at_max(c, x, *one), [[[np.inf, 0, 5]]])
        whole = max_pool(np.array([[[-7, -3, -9]]]), (2,), (1,), ((1, 1),))
        assert whole.dtype == np.int64
        np.testing.assert_array_equal(whole, [[[-7, -3, -3, -9]]])
        assert max_pool(x.astype(np.float16), *one).dtype == np.float16
        y = rng.normal(size=(4, 3, 2)).transpose(2, 1, 0)[:, ::-1, ::-1]
        y.flags.writeable = False
        np.testing.assert_array_equal(max_pool(y, *one), max_pool(y.copy(), *one))
        still = np.broadcast_to(rng.normal(size=(2, 3, 1)), (2, 3, 2))
        np.testing.assert_array_equal(max_gradient(still, y, *one), max_gradient(still.copy(), y.copy(), *one))
