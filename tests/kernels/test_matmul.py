"""Every step of the story computes the same product, for any sizes, layouts and stacks."""
import numpy as np
import pytest

from edugen.kernels import use
from edugen.kernels.matmul import matmul, naive, ordered, packed, registers, threads

TOLERANCE = {np.float32: 2e-4, np.float64: 1e-11}
SIZES = [(1, 1, 1), (5, 7, 3), (4, 4, 4), (33, 65, 17), (9, 257, 600), (2, 3, 0), (3, 0, 2), (0, 4, 5)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n, m, k", SIZES)
def test_every_step(n, m, k, dtype, rng):
    a, b = rng.normal(size=(n, m)).astype(dtype), rng.normal(size=(m, k)).astype(dtype)
    for step in (naive, ordered, registers, packed, lambda a, b, c: threads(a, b, c, 3)):
        c = np.full((n, k), np.nan, dtype)                                 # what was there must not shine through
        step(a, b, c)
        np.testing.assert_allclose(c, a @ b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transposed_and_strided_operands(backend, dtype, rng):
    for n in (6, 70):
        a, b = rng.normal(size=(n, n + 1)).astype(dtype), rng.normal(size=(n + 1, n + 2)).astype(dtype)
        wide = rng.normal(size=(2 * n, 2 * n + 2)).astype(dtype)
        pairs = [(a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b)), (a[::-1], b[:, ::-1]), (b.T, a.T),
                 (wide[::2, ::2], b), (a, wide[: n + 1, 1::2])]
        for left, right in pairs:
            for x in (left, right):
                x.flags.writeable = False
            with use(backend):
                c = matmul(left, right)
            assert c.dtype == dtype
            np.testing.assert_allclose(c, left @ right, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("a, b", [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)),
                                  ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((0, 2, 3), (3, 4))])
def test_vectors_and_stacks(a, b, rng):
    a, b = rng.normal(size=a), rng.normal(size=b)
    c = matmul(a, b)
    assert np.shape(c) == np.shape(a @ b)
    np.testing.assert_allclose(c, a @ b, rtol=1e-12, atol=1e-12)


def test_what_numpy_refuses_is_refused():
    with pytest.raises(ValueError, match="mismatch"):
        matmul(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="broadcast"):
        matmul(np.ones((2, 2, 3)), np.ones((4, 3, 2)))
    with pytest.raises(ValueError):
        matmul(1.0, np.ones((2, 2)))
    np.testing.assert_array_equal(matmul(np.array([[1, 2]]), np.array([[3], [4]])), [[11]])       # integers: NumPy's
    assert matmul(np.ones((1, 2), np.float32), np.ones((2, 1))).dtype == np.float64
