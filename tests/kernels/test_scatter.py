"""Rows added up: the twin against the reference, both against a loop, and the gradient of a look-up in the engine."""
import numpy as np
import pytest

from edugen import grad
from edugen.autodiff import check_gradients
from edugen.kernels import use
from edugen.kernels.scatter import add_rows


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, int])
@pytest.mark.parametrize("index, shape", [((7,), (4, 3)), ((2, 5), (6, 2, 3)), ((9,), (5,)), ((0,), (4, 3)), ((1,), (1, 1)),
                                          ((), (4, 3)), ((3,), (2, 0))])
def test_every_row_gets_all_that_is_meant_for_it(index, shape, dtype, backend, rng):
    places = rng.integers(-shape[0], shape[0], index)
    g = (8 * rng.normal(size=index + shape[1:])).astype(dtype)
    expected = np.zeros(shape)
    for n in np.ndindex(*index):
        expected[places[n]] += g[n]
    with use(backend):
        for i, c in ((places, g), (places.astype(np.int32), np.asfortranarray(g)), (places[..., ::-1] if index else places,
                                                                                  np.flip(g, len(index) - 1) if index else g)):
            c.flags.writeable = False
            out = add_rows(i, c, shape)
            assert out.dtype == dtype and out.shape == shape
            np.testing.assert_allclose(out, expected, rtol=0, atol={np.float32: 1e-5, np.float16: 0.1}.get(dtype, 1e-13))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_what_lies_outside_is_refused(backend):
    with use(backend):
        for index in ([0, 4], [-5, 0]):
            with pytest.raises(IndexError):
                add_rows(np.array(index), np.ones((2, 3)), (4, 3))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_gradient_of_embeddings(backend, rng):
    table, tokens, w = rng.normal(size=(5, 3)), rng.integers(-5, 5, (4, 6)), rng.normal(size=(4, 6, 3))
    one_hot = np.eye(5)[tokens]
    with use(backend):
        got = grad(lambda t: np.sum(w * t[tokens]))(table)
        np.testing.assert_allclose(got, np.einsum("btv,btd->vd", one_hot, w), rtol=1e-12)
        np.testing.assert_allclose(grad(lambda t: np.sum(w * t[tokens]))(table.astype(np.float32)), got, rtol=2e-6)
        check_gradients(lambda t: np.tanh(t[tokens]), table, order=2)
        check_gradients(lambda t: t[np.uint8([1, 1, 0])], table, order=2)
