"""tanh in vectors: to a few units in the last place of NumPy's in a longer precision, and at the end of a layer."""
import numpy as np
import pytest

from edugen import grad
from edugen.autodiff import linear
from edugen.kernels import use
from edugen.kernels.tanh import add_tanh


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_digits_from_the_smallest_numbers_to_the_largest(dtype, rng):
    sizes = [float(np.finfo(dtype).smallest_normal) * 8, 1e-30, 1e-6, 1e-3, 0.1, 0.35, 1, 5, 50, 1e30]
    x = np.concatenate([rng.normal(size=2000) * s for s in sizes]).astype(dtype)
    y, exact = add_tanh(x.copy(), np.zeros(len(x), dtype)), np.tanh(x.astype(np.longdouble))
    assert y.dtype == dtype and np.abs(y).max() == 1
    units = np.abs(y - exact) / np.spacing(np.abs(exact).astype(dtype))
    assert units.max() < 4
    np.testing.assert_array_equal(add_tanh(-x, np.zeros(len(x), dtype)), -y)                   # odd, to the bit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_that_are_none(dtype):
    a = np.array([np.nan, np.inf, -np.inf, 0, np.finfo(dtype).max, -np.finfo(dtype).max], dtype)
    np.testing.assert_array_equal(add_tanh(a, np.zeros(6, dtype)), np.array([np.nan, 1, -1, 0, 1, -1], dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("shape", [(1,), (0,), (3, 0), (0, 3), (5, 7), (2, 3, 9), (700, 128)])
def test_twin(shape, dtype, rng):
    a, b = rng.normal(size=shape).astype(dtype), rng.normal(size=shape[-1:]).astype(dtype)
    for bias in (b, np.repeat(b, 2)[::2], np.flip(np.flip(b).copy())):
        over = a.copy()
        y = add_tanh(over, bias)
        assert y is over and y.dtype == dtype
        np.testing.assert_allclose(y, add_tanh.reference(a.copy(), bias), rtol=4 * np.finfo(dtype).eps, atol=0)
    turned = np.array(a, order="F")
    np.testing.assert_allclose(add_tanh(turned, b), add_tanh(a.copy(), b), rtol=4 * np.finfo(dtype).eps, atol=0)


def test_the_same_bits_however_many_share(rng):
    a, b = rng.normal(size=(1000, 128)).astype(np.float32), rng.normal(size=128).astype(np.float32)
    parts = np.concatenate([add_tanh(part.copy(), b) for part in np.array_split(a, 50)])       # each too small for two threads
    np.testing.assert_array_equal(add_tanh(a.copy(), b), parts)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4,), (6, 4), (2, 3, 4), (0, 4)])
def test_a_layer_with_either(shape, dtype, rng):
    """The kernel's layer is NumPy's, on arrays and on the way to its gradients, and leaves its arguments alone."""
    x, W, b, c = (rng.normal(size=s).astype(dtype) for s in (shape, (4, 5), (5,), (*shape[:-1], 5)))
    kept = [v.copy() for v in (x, W, b)]

    def loss(x, W, b):
        return np.sum(c * linear(x, W, b, "tanh"))
    with use("numpy"):
        wanted = linear(x, W, b, "tanh"), *grad(loss, (0, 1, 2))(x, W, b)
    got = linear(x, W, b, "tanh"), *grad(loss, (0, 1, 2))(x, W, b)
    for u, v in zip(got, wanted, strict=True):
        assert u.dtype == dtype
        np.testing.assert_allclose(u, v, rtol=0, atol=50 * np.finfo(dtype).eps)
    for before, after in zip(kept, (x, W, b), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_layer_of_integers():
    y = linear(np.array([[1, 2]]), np.array([[1, 0], [0, -1]]), np.array([0, 1]), "tanh")
    np.testing.assert_allclose(y, np.tanh([[1.0, -1.0]]), rtol=1e-15)
