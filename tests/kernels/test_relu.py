"""What a relu passes back: the twin against the reference, and through the engine where arrays are large."""
import numpy as np
import pytest

from edugen import grad
from edugen.autodiff import relu
from edugen.kernels import use
from edugen.kernels.relu import relu_gradient


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (37,), (5, 7, 3), (2, 3, 43691)])
def test_twin(shape, dtype, rng):
    g, y = (np.asarray(rng.normal(size=shape), dtype) for _ in range(2))
    y = np.asarray(np.maximum(y, 0))
    for a, b in ((g, y), (np.array(g, order="F"), y), (g.T, y.T), (np.broadcast_to(g, (2, *shape)), np.stack([y, -y]))):
        a.flags.writeable = b.flags.writeable = False
        got, wanted = relu_gradient(a, b), relu_gradient.reference(a, b)
        assert got.dtype == dtype and got.shape == wanted.shape
        np.testing.assert_array_equal(got, wanted)


def test_numbers_that_are_none():
    """As the product of g and 0 or 1 has it."""
    g, y = np.array([np.nan, 1, np.inf, np.inf, 2, 3]), np.array([1, np.nan, 1, np.inf, -np.inf, -0.0])
    np.testing.assert_array_equal(relu_gradient(g, y), [np.nan, 0, np.inf, np.inf, 0, 0])
    g = np.array([np.nan, np.inf])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(relu_gradient(g, np.zeros(2)), relu_gradient.reference(g, np.zeros(2)))


def test_mixed_precision(rng):
    g, y = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(3, 4))
    assert relu_gradient(g, y).dtype == np.float32
    np.testing.assert_array_equal(relu_gradient(g, y), g * (y > 0))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_large_arrays_through_the_engine(backend, rng):
    x, g = rng.normal(size=(2, 100, 90))
    with use(backend):
        np.testing.assert_array_equal(grad(lambda x: np.sum(g * relu(x)))(x), np.where(x > 0, g, 0))
        second = grad(lambda x: np.sum(grad(lambda x: np.sum(relu(x) ** 3))(x)))(x)
    np.testing.assert_allclose(second, np.where(x > 0, 6 * x, 0), rtol=1e-12)
