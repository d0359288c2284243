"""The step of Adam: the twin against the reference, and the optimizer with both; the formulas are tested with the optimizer."""
import numpy as np
import pytest

from edugen import grad
from edugen.classification import Adam
from edugen.kernels import use
from edugen.kernels.adam import adam


@pytest.mark.parametrize("dtype, close", [(np.float32, 3e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (37,), (5, 7)])
@pytest.mark.parametrize("options", [{}, {"m_sum": 0.1, "v_sum": 0.001, "eps": 1e-8}, {"v_sum": 0.5, "eps_inside": 1e-3}])
def test_twin(shape, options, dtype, close, rng):
    theta, g, m = (np.asarray(rng.normal(size=shape), dtype) for _ in range(3))
    v = np.asarray(rng.random(shape), dtype)
    plain = theta, g, m, v
    for arrays in (plain, [np.array(x, order="F") for x in plain], [x[::-1] if shape else x for x in plain]):
        before = [x.copy() for x in arrays]
        for x in arrays:
            x.flags.writeable = False
        got, wanted = (f(*arrays, 0.1, 0.9, 0.999, **options) for f in (adam, adam.reference))
        for y, z in zip(got, wanted, strict=True):
            assert y.dtype == dtype and np.shape(y) == shape
            np.testing.assert_allclose(y, z, rtol=close, atol=close)
        for x, y in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(x, y)


def test_single_precision_keeps_the_weight_of_the_newest_gradient():
    """1 - 0.999 in float32 is 0.00099998: a constant gradient would not give steps of the length of the learning rate."""
    g = np.full(8, 3, np.float32)
    theta, state = np.zeros(8, np.float32), Adam(0.5, eps=0).init(np.zeros(8, np.float32))
    theta, state = Adam(0.5, eps=0).step(theta, g, state)
    np.testing.assert_allclose(theta, -0.5, rtol=3e-7)
    assert theta.dtype == state.m[0].dtype == state.v[0].dtype == np.float32


def test_the_optimizer_with_both_and_on_what_is_no_array(rng):
    theta = {"w": rng.normal(size=(3, 2)), "b": 0.5, "c": np.float64(2.0), "s": rng.normal(size=3).astype(np.float32)}
    ends = []
    for backend in ("numpy", "numba"):
        with use(backend):
            p, optimizer = theta, Adam(0.05)
            state = optimizer.init(p)
            for t in range(20):
                p, state = optimizer.step(p, {k: np.cos(t + v) for k, v in p.items()}, state)
        ends.append(p)
    for k in theta:
        np.testing.assert_allclose(ends[0][k], ends[1][k], rtol=1e-5 if k == "s" else 1e-12)
    mixed = Adam(0.1).step(np.ones(2, np.float32), np.ones(2), Adam().init(np.ones(2, np.float32)))[0]
    np.testing.assert_allclose(mixed, 0.9, rtol=1e-6)
    assert Adam().step([], [], Adam().init([]))[0] == []


def test_training_can_be_differentiated(rng):
    """How the end of three steps moves with their learning rate and with the gradients."""
    g = rng.normal(size=(3, 4))

    def end(scale):
        theta, optimizer = np.zeros(4), Adam(0.1)
        state = optimizer.init(theta)
        for one in g:
            theta, state = optimizer.step(theta, one * scale ** np.arange(1, 5), state)
        return np.sum(theta ** 3)
    h = 1e-5
    np.testing.assert_allclose(grad(end)(1.3), (end(1.3 + h) - end(1.3 - h)) / (2 * h), rtol=1e-5, atol=1e-9)
