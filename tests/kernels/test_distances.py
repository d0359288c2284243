"""Distances: twins against references, both against each pair by itself, gradients, and what cancellation may cost."""
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from edugen import grad
from edugen.autodiff import check_gradients, squared_distances
from edugen.kernels import distances as kernels
from edugen.kernels import use

BOTH = pytest.mark.parametrize("backend", ["numpy", "numba"])


@BOTH
@pytest.mark.parametrize("dtype, close", [(np.float32, 5e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("n, k, d", [(5, 3, 2), (1, 1, 1), (7, 9, kernels.FEW), (7, 9, kernels.FEW + 1), (40, 30, 100),
                                     (0, 3, 2), (3, 0, 2), (3, 0, 40), (2, 3, 0)])
def test_every_pair(n, k, d, dtype, close, backend, rng):
    x, y = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(k, d)).astype(dtype) + dtype(1)
    expected = cdist(x, y, "sqeuclidean") if d else np.zeros((n, k))
    with use(backend):
        for a, b in ((x, y), (np.asfortranarray(x), y[:, ::-1][:, ::-1]), (x[::-1][::-1], np.asfortranarray(y))):
            a.flags.writeable = False
            got = squared_distances(a, b)
            assert got.dtype == dtype
            np.testing.assert_allclose(got, expected, rtol=close, atol=close * (1 + expected.max(initial=0)))


@BOTH
@pytest.mark.parametrize("d", [3, 50])
def test_far_from_zero_and_close_to_each_other(d, backend, rng):
    """Plain squares would leave float32 with nothing: 1e4 squared has steps of 8."""
    x = (1e4 + rng.normal(size=(20, d))).astype(np.float32)
    with use(backend):
        got, expected = squared_distances(x, x), cdist(x.astype(float), x, "sqeuclidean")
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-4)
    assert (got >= 0).all()
    plain = np.sum(x * x, 1)[:, None] + np.sum(x * x, 1) - 2 * x @ x.T
    assert np.abs(plain - expected).max() > 1
    if backend == "numba" and d <= kernels.FEW:
        assert not np.diag(got).any()


@BOTH
@pytest.mark.parametrize("d", [2, 20])
def test_gradients_of_any_order(d, backend, rng):
    x, y, g = rng.normal(size=(4, d)), rng.normal(size=(3, d)), rng.normal(size=(4, 3))
    with use(backend):
        difference = x[:, None] - y
        dx, dy = grad(lambda x, y: np.sum(g * squared_distances(x, y)), (0, 1))(x, y)
        np.testing.assert_allclose(dx, 2 * np.einsum("nk,nkd->nd", g, difference), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(dy, -2 * np.einsum("nk,nkd->kd", g, difference), rtol=1e-9, atol=1e-12)
        check_gradients(lambda x, y: np.exp(-squared_distances(x, y) / d), x, y, order=2)           # a Gaussian kernel
        single = grad(lambda x: np.sum(squared_distances(x, y.astype(np.float32))))(x.astype(np.float32))
        assert single.dtype == np.float32


@BOTH
@pytest.mark.parametrize("d", [2, 20])
def test_nan_stays(d, backend, rng):
    x, y = rng.normal(size=(3, d)), rng.normal(size=(2, d))
    x[1, 0] = np.nan
    with use(backend), np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(np.isnan(squared_distances(x, y)), [[False] * 2, [True] * 2, [False] * 2])


def test_other_types_and_bad_input():
    assert squared_distances([[1, 2]], [[4, 6]]).dtype == np.float64 and squared_distances([[1, 2]], [[4, 6]]) == 25
    mixed = squared_distances(np.ones((2, 3), np.float32), np.zeros((1, 3)))
    assert mixed.dtype == np.float64 and (mixed == 3).all()
    for x, y in (((3,), (3,)), ((2, 3), (2, 2)), ((2, 3, 1), (2, 3))):
        with pytest.raises(ValueError, match=r"expected x \(N, D\) and y \(K, D\), got shapes"):
            squared_distances(np.ones(x), np.ones(y))
    with pytest.raises(TypeError, match="complex128"):
        squared_distances(np.ones((1, 1)) * 1j, np.ones((1, 1)))
