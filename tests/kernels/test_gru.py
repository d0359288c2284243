"""Gated recurrent units: twins against references, the operation against a loop over numbers, gradients of three orders."""
import math

import numpy as np
import pytest

from edugen import grad, vjp
from edugen.autodiff import check_gradients, debug, gru, sigmoid
from edugen.kernels import gru as kernels
from edugen.kernels import threads, use

BOTH = pytest.mark.parametrize("backend", ["numpy", "numba"])


def data(rng, T, N, n, H, dtype=np.float64):
    shapes = (T, N, n), (N, H), (n, 3 * H), (H, 3 * H), (3 * H,)
    return [rng.normal(size=s).astype(dtype) for s in shapes]


@pytest.mark.parametrize("dtype, close", [(np.float32, 2e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("T, N, H", [(1, 1, 1), (5, 3, 4), (4, 1, 9), (3, 7, 1), (20, 16, 33), (7, 53, 40)])
def test_twins(T, N, H, dtype, close, rng):
    a, h, U, g = (rng.normal(size=s).astype(dtype) for s in ((T, N, 3 * H), (N, H), (H, 3 * H), (T, N, H)))
    U /= dtype(H ** 0.5)
    for A, H0, V, G in ((a, h, U, g), (np.asfortranarray(a), h[::-1], U[:, ::-1], np.broadcast_to(g[:1], g.shape))):
        for x in (A, H0, V, G):
            x.flags.writeable = False
        states = kernels.gru.reference(A, H0, V)
        got = [kernels.gru(A, H0, V), *kernels.gru_gradients(G, states, A, H0, V)]
        wanted = [states, *kernels.gru_gradients.reference(G, states, A, H0, V)]
        for y, z in zip(got, wanted, strict=True):
            assert y.dtype == dtype
            np.testing.assert_allclose(y, z, rtol=0, atol=close * max(1, np.abs(z).max()))


@pytest.mark.parametrize("N", [3, 35, 64])
def test_shares_of_the_sequences_do_not_change_a_bit(N, rng, monkeypatch):
    a, h, U, g = (rng.normal(size=s).astype(np.float32) for s in ((9, N, 96), (N, 32), (32, 96), (9, N, 32)))
    states = kernels.gru(a, h, U)
    shared = kernels.gru_gradients(g, states, a, h, U)
    monkeypatch.setattr(threads, "thread_count", lambda: 1)
    np.testing.assert_array_equal(kernels.gru(a, h, U), states)
    for x, y in zip(kernels.gru_gradients(g, states, a, h, U), shared, strict=True):
        np.testing.assert_array_equal(x, y)


@BOTH
@pytest.mark.equation("3.19", "3.20", "3.21", "3.22")
def test_number_by_number(backend, rng):
    x, h, W, U, b = data(rng, 3, 2, 2, 3)
    with use(backend):
        states = gru(x, h, W, U, b)
    H = 3
    for n in range(2):
        before = h[n].tolist()
        for t in range(3):
            def total(gate, j, through, t=t, n=n):
                k = gate * H + j
                return b[k] + sum(x[t, n, i] * W[i, k] for i in range(2)) + sum(through[i] * U[i, k] for i in range(H))
            r, u = ([1 / (1 + math.exp(-total(gate, j, before))) for j in range(H)] for gate in (0, 1))
            let = [a * c for a, c in zip(r, before, strict=True)]
            before = [u[j] * before[j] + (1 - u[j]) * math.tanh(total(2, j, let)) for j in range(H)]
            np.testing.assert_allclose(states[t, n], before, rtol=1e-12)


@BOTH
def test_gates_that_are_open_or_shut(backend, rng):
    x, h, W, U, b = data(rng, 4, 3, 2, 5)
    with use(backend), np.errstate(over="raise", invalid="raise"):
        keep, renew, forget = (np.repeat(v, 5) for v in ([0.0, 1e4, 0], [1e4, -1e4, 0], [-1e4, -1e4, 0]))
        np.testing.assert_array_equal(gru(x, h, W, U, keep), np.broadcast_to(h, (4, 3, 5)))
        state = h
        for t, got in enumerate(gru(x, h, W, U, renew)):                  # a plain recurrent network
            state = np.tanh(x[t] @ W[:, 10:] + state @ U[:, 10:])
            np.testing.assert_allclose(got, state, rtol=1e-10)
        np.testing.assert_allclose(gru(x, h, W, U, forget), np.tanh(x @ W[:, 10:]), rtol=1e-12)     # no memory at all
        assert np.isfinite(vjp(lambda *p: gru(*p), 1e3 * x, h, W, U, b)[1](np.ones((4, 3, 5)))[2]).all()


def composed(x, h, W, U, b):
    states, n = [], h.shape[1]
    for t in range(len(x)):
        a = x[t] @ W + b
        r, u = sigmoid(a[:, :n] + h @ U[:, :n]), sigmoid(a[:, n:2 * n] + h @ U[:, n:2 * n])
        h = u * h + (1 - u) * np.tanh(a[:, 2 * n:] + (r * h) @ U[:, 2 * n:])
        states.append(h)
    return np.stack(states)


@BOTH
@pytest.mark.parametrize("T, N, n, H", [(4, 3, 2, 3), (1, 2, 1, 2), (6, 1, 2, 1)])
def test_gradients_of_any_order(T, N, n, H, backend, rng):
    args = data(rng, T, N, n, H)
    g = rng.normal(size=(T, N, H))
    with use(backend), debug():
        (y, pull), (z, pull_composed) = vjp(gru, *args), vjp(composed, *args)
        np.testing.assert_allclose(y, z, rtol=1e-10, atol=1e-12)
        for one, other in zip(pull(g), pull_composed(g), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)

        def along(f):
            return lambda s: np.sum(g * f(*(s * v for v in args)))
        for order in range(1, 4):
            ours, theirs = along(gru), along(composed)
            for _ in range(order):
                ours, theirs = grad(ours), grad(theirs)
            np.testing.assert_allclose(ours(0.7), theirs(0.7), rtol=1e-8)
    if H * T <= 4:
        with use(backend):
            check_gradients(gru, *args, order=2)


def test_types_and_empty(rng):
    single = data(rng, 3, 2, 2, 2, np.float32)
    assert gru(*single).dtype == np.float32
    assert grad(lambda U: np.sum(gru(*single[:3], U, single[4])))(single[3]).dtype == np.float32
    assert gru(np.ones((3, 1, 2), int), [[0.5]], [[1, 2, 3], [0, 1, 0]], [[1, 0, 1]], 0).shape == (3, 1, 1)
    x, h, W, U, b = data(rng, 3, 2, 2, 2)
    for backend in ("numpy", "numba"):
        with use(backend):
            assert gru(x[:0], h, W, U, b).shape == (0, 2, 2) and gru(x[:, :0], h[:0], W, U, b).shape == (3, 0, 2)
            assert not grad(lambda h, x=x: np.sum(gru(x[:0], h, W, U, b)))(h).any()
            assert grad(lambda U: np.sum(gru(x[:, :0], h[:0], W, U, b)))(U).shape == (2, 6)


@pytest.mark.parametrize("change, words", [
    ({0: (3, 2)}, r"got shapes \(3, 2\)"), ({1: (1, 2)}, "expected x"), ({2: (2, 2)}, "expected x"), ({3: (2, 4)}, "expected x"),
    ({3: (3, 6)}, "expected x"),
    ({4: (5,)}, r"b must be of shape \(6,\).*got \(5,\)"), ({4: (4, 3, 2, 6)}, "b must be of shape")])
def test_what_does_not_fit_is_named(change, words, rng):
    args = [np.ones(change.get(i, v.shape)) for i, v in enumerate(data(rng, 3, 2, 2, 2))]
    with pytest.raises(ValueError, match=f"gru: .*{words}|gru: {words}"):
        gru(*args)
