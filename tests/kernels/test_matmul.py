"""Every step of the story computes the same product, for any sizes, layouts and stacks."""
import numpy as np
import pytest

from edugen.kernels import threads as threads_module
from edugen.kernels import use
from edugen.kernels.matmul import DEPTH, LEAST, MOST, ROWS, fastest, matmul, naive, ordered, packed, registers, threads

TOLERANCE = {np.float32: 2e-4, np.float64: 1e-11}
SIZES = [(1, 1, 1), (5, 7, 3), (6, 4, 16), (33, 65, 17), (9, 257, 600), (ROWS + 7, 2 * DEPTH + 3, 50), (2, 3, 0), (3, 0, 2),
         (0, 4, 5), (7, 0, 40)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n, m, k", SIZES)
def test_every_step(n, m, k, dtype, rng):
    a, b = rng.normal(size=(n, m)).astype(dtype), rng.normal(size=(m, k)).astype(dtype)

    def shared(parts):
        return lambda a, b, c: threads(a[None], b[None], c[None], parts)
    for step in (naive, ordered, registers, packed, shared(0), shared(1), shared(3)):
        guarded = np.full((n + 2, k), np.nan, dtype)                       # what was there must not shine through,
        c = guarded[1:-1]                                                  # and nothing is written beside it
        step(a, b, c)
        np.testing.assert_allclose(c, a @ b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert np.isnan(guarded[[0, -1]]).all()


@pytest.mark.parametrize("product", [matmul, fastest])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transposed_strided_and_read_only_operands(product, dtype, rng):
    for n in (6, 70, 110):                                                 # in place, packed, and by threads
        a, b = rng.normal(size=(n, n + 1)).astype(dtype), rng.normal(size=(n + 1, n + 2)).astype(dtype)
        wide = rng.normal(size=(2 * n, 2 * n + 2)).astype(dtype)
        pairs = [(a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b)), (a[::-1], b[:, ::-1]), (b.T, a.T),
                 (wide[::2, ::2], b), (a, wide[: n + 1, 1::2]), (np.broadcast_to(a[0], a.shape), b), (a[:, 1:2], b[1:2])]
        for left, right in pairs:
            for x in (left, right):
                x.flags.writeable = False
            before = left.copy(), right.copy()
            c = product(left, right)
            assert c.dtype == dtype
            np.testing.assert_allclose(c, left @ right, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
            np.testing.assert_array_equal(left, before[0])
            np.testing.assert_array_equal(right, before[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n, k, m", [(1400, 80, 90), (2048, 64, 64), (97, 900, 101), (64, 2100, 65), (2100, 7, 600)])
def test_products_that_are_shared(n, k, m, dtype, rng, monkeypatch):
    a, b, bias = (rng.normal(size=s).astype(dtype) for s in ((n, k), (k, m), (m,)))
    assert LEAST <= n * k * m <= MOST
    pairs = [(a, b), (np.asfortranarray(a), np.asfortranarray(b)), (np.repeat(a, 2, axis=1)[:, ::2], b[::-1, ::-1])]
    for left, right in pairs:
        left.flags.writeable = right.flags.writeable = False
        for more in ((), (bias,), (bias, True), (bias.astype(np.float64), True), (None, True), (bias[:1],)):
            wanted = left @ right + (more[0] if more and more[0] is not None else 0)
            wanted = np.maximum(wanted, 0) if more[1:] else wanted
            found = matmul(left, right, *more)
            assert found.dtype == wanted.dtype and found.flags.c_contiguous
            np.testing.assert_allclose(found, wanted, rtol=TOLERANCE[dtype], atol=k * TOLERANCE[dtype])
            with monkeypatch.context() as alone:
                alone.setattr(threads_module, "thread_count", lambda: 1)
                np.testing.assert_array_equal(matmul(left, right, *more), found)       # to the last bit


def test_a_nan_is_not_cut_off(rng):
    a, b = rng.normal(size=(1400, 80)), rng.normal(size=(80, 90))
    a[650, 3] = b[3, 5] = np.nan
    for sizes in (slice(None), slice(640, 660)):                           # shared, and by BLAS
        c = matmul(a[sizes], b, np.zeros(90), True)
        np.testing.assert_array_equal(np.isnan(c), np.isnan(a[sizes] @ b))


@pytest.mark.parametrize("product", [matmul, fastest])
@pytest.mark.parametrize("a, b", [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)),
                                  ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((0, 2, 3), (3, 4)),
                                  ((5, 7, 3), (5, 3, 20)), ((1, 7, 3), (5, 3, 20)), ((4, 1, 7, 3), (3, 3, 20)),
                                  ((5, 7, 3), (3, 20)), ((7, 3), (5, 3, 20)),
                                  ((3, 0, 7, 3), (1, 3, 20)), ((3, 8, 300), (3, 300, 200))])
def test_vectors_and_stacks(product, a, b, rng):
    a, b = rng.normal(size=a), rng.normal(size=b)
    layouts = [(a, b), (a[..., ::-1], b[::-1])]
    if a.ndim > 1:
        layouts.append((np.swapaxes(np.swapaxes(a, -1, -2).copy(), -1, -2), b))
    for left, right in layouts:
        c = product(left, right)
        assert np.shape(c) == np.shape(left @ right)
        np.testing.assert_allclose(c, left @ right, rtol=1e-11, atol=1e-11)


def test_the_reference_is_numpy(rng):
    a, b = rng.normal(size=(5, 7, 3)), rng.normal(size=(5, 3, 20))
    with use("numpy"):
        np.testing.assert_array_equal(matmul(a, b), a @ b)


def test_the_compiled_product_names_what_it_cannot_take():
    with pytest.raises(TypeError, match="float64 and float32"):
        fastest(np.ones((2, 2)), np.ones((2, 2), np.float32))
    for dtype in (int, np.float16, ">f8"):
        with pytest.raises(TypeError, match="one precision, float32 or float64"):
            fastest(np.ones((2, 2), dtype), np.ones((2, 2), dtype))
    unaligned = np.frombuffer(b"x" + np.ones((40, 40)).tobytes(), np.float64, offset=1).reshape(40, 40)
    with pytest.raises(TypeError):
        fastest(unaligned, unaligned)
    np.testing.assert_array_equal(matmul(unaligned[None], unaligned[None]), np.full((1, 40, 40), 40.0))
    with pytest.raises(ValueError, match=r"rows of 3 numbers and b columns of 2"):
        fastest(np.ones((5, 2, 3)), np.ones((5, 2, 3)))
    with pytest.raises(ValueError, match="broadcast"):
        fastest(np.ones((2, 2, 3)), np.ones((4, 3, 2)))


def test_what_numpy_refuses_is_refused():
    with pytest.raises(ValueError, match="mismatch"):
        matmul(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="broadcast"):
        matmul(np.ones((2, 2, 3)), np.ones((4, 3, 2)))
    with pytest.raises(ValueError):
        matmul(1.0, np.ones((2, 2)))
    np.testing.assert_array_equal(matmul(np.array([[1, 2]]), np.array([[3], [4]])), [[11]])       # integers: NumPy's
    assert matmul(np.ones((1, 2), np.float32), np.ones((2, 1))).dtype == np.float64
