"""Normalization: twins against references, the reference against its definition, gradients against finite differences."""
import numpy as np
import pytest

from edugen.autodiff import batch_norm, check_gradients, grad, layer_norm
from edugen.kernels import use
from edugen.kernels.normalization import normalize, normalize_gradients


@pytest.mark.parametrize("dtype, close", [(np.float32, 2e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("shape", [(1, 5), (7, 1), (4, 3), (33, 70), (0, 3), (700, 300), (2100, 515)])
@pytest.mark.parametrize("axis", [0, 1])
def test_twins(shape, axis, dtype, close, rng):
    x, g = (rng.normal(size=shape) * 3 + 5).astype(dtype), rng.normal(size=shape).astype(dtype)
    gain, bias = (rng.normal(size=shape[1]).astype(dtype) for _ in range(2))
    for a, b in ((x, g), (np.asfortranarray(x), g[:, ::-1]), (x[::-1], np.broadcast_to(g[:1], shape))):
        a.flags.writeable = False
        before = a.copy()
        with np.errstate(invalid="ignore", divide="ignore"):
            wanted = [normalize.reference(a, gain, bias, axis, 1e-3), *normalize_gradients.reference(b, a, gain, axis, 1e-3)]
            got = [normalize(a, gain, bias, axis, 1e-3), *normalize_gradients(b, a, gain, axis, 1e-3)]
        for y, z in zip(got, wanted, strict=True):
            assert y.dtype == dtype
            sums = max(1, shape[axis] / 100)                              # of so many terms, each rounded
            np.testing.assert_allclose(y, z, rtol=0, atol=close * sums * max(1, np.abs(z).max(initial=0)))
        np.testing.assert_array_equal(a, before)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_means_variances_and_gradients(backend, rng):
    x, image, gain, bias = rng.normal(size=(6, 4)) + 2, rng.normal(size=(3, 4, 2, 2)), rng.normal(size=4), rng.normal(size=4)
    with use(backend):
        y = layer_norm(x, np.ones(4), np.zeros(4), 0)
        np.testing.assert_allclose([y.mean(1), y.var(1)], [np.zeros(6), np.ones(6)], atol=1e-12)
        y = batch_norm(image, np.ones(4), np.zeros(4), 0)
        np.testing.assert_allclose([y.mean((0, 2, 3)), y.var((0, 2, 3))], [np.zeros(4), np.ones(4)], atol=1e-12)
        np.testing.assert_allclose(layer_norm(3 * x - 7, gain, bias, 0), layer_norm(x, gain, bias, 0))       # what it is for
        check_gradients(layer_norm, x, gain, bias, order=2)
        check_gradients(batch_norm, image, gain, bias, order=2)
        g = rng.normal(size=(6, 4))
        for axis, f in ((1, layer_norm), (0, batch_norm)):
            wanted = grad(lambda x, a, b, f=f: np.sum(g * f(x, a, b)), argnums=(0, 1, 2))(x, gain, bias)
            for one, other in zip(normalize_gradients(g, x, gain, axis, 1e-5), wanted, strict=True):
                np.testing.assert_allclose(one, other, atol=1e-12)


def test_types_and_bad_input(rng):
    single = [rng.normal(size=s).astype(np.float32) for s in ((2, 3), (3,), (3,))]
    assert layer_norm(*single).dtype == grad(lambda x: np.sum(layer_norm(x, *single[1:]) ** 2))(single[0]).dtype == np.float32
    assert layer_norm([[1, 2, 3]], [1, 1, 1], [0, 0, 0]).dtype == np.float64
    assert batch_norm(np.ones((0, 3)), *single[1:]).shape == (0, 3)
    ones = np.ones
    for call in (lambda: layer_norm(ones((2, 3)), ones(2), ones(2)), lambda: batch_norm(ones(3), ones(3), ones(3)),
                 lambda: layer_norm(ones((2, 0)), ones(0), ones(0)), lambda: batch_norm(ones((2, 3, 4)), ones(4), ones(4))):
        with pytest.raises(ValueError, match=r"_norm: expected x .* got shapes"):
            call()
    with pytest.raises(ValueError, match="eps must be at least 0"):
        layer_norm(np.ones((2, 3)), np.ones(3), np.ones(3), -1)
    with pytest.raises(TypeError, match="complex128"):
        layer_norm(np.ones((2, 3)) * 1j, np.ones(3), np.ones(3))
