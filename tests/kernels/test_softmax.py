"""The twins against the references, and the references against more digits than they have."""
import numpy as np
import pytest
from scipy import special

from edugen.kernels import softmax as kernels
from edugen.kernels import use

SHAPES = [(64, 10), (1, 1), (5, 1), (1, 7), (3, 1000), (17, 33), (0, 4), (1000, 10), (4500, 1), (20, 255), (20, 256), (3, 4097)]
TOLERANCE = {np.float32: 3e-6, np.float64: 1e-12}


def logits(rng, shape, dtype, scale):
    x = (scale * rng.normal(size=shape)).astype(dtype)
    if x.size > 4:
        x[0, : shape[1] // 2] = -np.inf
    return x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("scale", [1, 1e4])
def test_twins_equal_references(shape, dtype, scale, rng):
    x, g, labels = logits(rng, shape, dtype, scale), rng.normal(size=shape[0]).astype(dtype), rng.integers(0, shape[1], shape[0])
    for name, args in (("softmax", (x,)), ("log_softmax", (x,)), ("logsumexp", (x,)), ("cross_entropy", (x, labels)),
                       ("cross_entropy_gradient", (g, x, labels))):
        twin, reference = getattr(kernels, name)(*args), getattr(kernels, name).reference(*args)
        assert twin.dtype == reference.dtype == dtype and twin.shape == reference.shape, name
        np.testing.assert_allclose(twin, reference, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype], err_msg=name)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3, None, (0, 2)])
def test_any_axis_and_any_memory_layout(backend, axis, rng):
    base = rng.normal(size=(6, 5, 4))
    for x in (base, base[::2], base[:, ::-1], base.T, np.asfortranarray(base)):
        with use(backend):
            np.testing.assert_allclose(kernels.softmax(x, axis), special.softmax(x, axis), rtol=1e-12)
            np.testing.assert_allclose(kernels.log_softmax(x, axis), special.log_softmax(x, axis), rtol=1e-12, atol=1e-13)
            for keepdims in (False, True):
                np.testing.assert_allclose(kernels.logsumexp(x, axis, keepdims), special.logsumexp(x, axis, keepdims=keepdims),
                                           rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes(backend, dtype):
    inf = np.inf
    with use(backend):
        x = np.array([[1e4, -1e4, 0], [-inf, -inf, -inf], [-inf, 2, -inf], [1.6e38, 1.6e38, -1.6e38]], dtype)
        np.testing.assert_array_equal(kernels.softmax(x), np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0], [0.5, 0.5, 0]], dtype))
        np.testing.assert_allclose(kernels.logsumexp(x), np.array([1e4, -inf, 2, 1.6e38], dtype))
        np.testing.assert_allclose(kernels.log_softmax(x)[:3], np.array([[0, -2e4, -1e4], [-inf] * 3, [-inf, 0, -inf]], dtype))
        for bad in (np.nan, -np.nan):
            assert np.isnan(kernels.softmax(np.array([[0, bad, 1]], dtype))).all()
        assert kernels.logsumexp(np.array([inf, 0], dtype)) == inf


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_inputs_are_left_alone_and_may_be_read_only(backend, rng):
    x, labels, g = rng.normal(size=(5, 3)), np.array([0, 1, 2, 0, 1], np.int8), rng.normal(size=5)
    before = [a.copy() for a in (x, labels, g)]
    for a in (x, labels, g):
        a.flags.writeable = False
    with use(backend):
        np.testing.assert_allclose(kernels.cross_entropy(x, labels), -special.log_softmax(x, 1)[np.arange(5), labels], rtol=1e-12)
        np.testing.assert_allclose(kernels.cross_entropy_gradient(g, x, labels),
                                   g[:, None] * (special.softmax(x, 1) - np.eye(3)[labels]), rtol=1e-11, atol=1e-15)
        kernels.softmax(x)
    for a, b in zip((x, labels, g), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_other_kinds_of_numbers(backend):
    with use(backend):
        np.testing.assert_allclose(kernels.softmax([0, 0, 0]), np.full(3, 1 / 3))                  # a list of integers
        assert kernels.softmax(np.zeros(2, np.float16)).dtype == np.float16
        np.testing.assert_allclose(kernels.softmax(np.zeros(2, ">f8")), [0.5, 0.5])
        with pytest.raises(ValueError, match="a number has none"):
            kernels.softmax(1.0)
