"""Sweeps as the course calls them: a seed in place of a key, and a clear word where the arguments don't fit."""
import re

import numpy as np
import pytest

from edugen import grad
from edugen.autodiff import boltzmann_sweeps, ising_sweeps, rbm_sweeps

W = np.array([[0.0, 1.0, -0.5], [1.0, 0.0, 2.0], [-0.5, 2.0, 0.0]])
V, B, C = np.zeros((4, 3)), np.zeros(3), np.zeros(2)
S = np.ones((4, 4), int)


def test_a_seed_is_a_chain_and_a_generator_moves_on():
    start = np.zeros((50, 3))
    for draw in (lambda rng: rbm_sweeps(start, W[:, :2], B, C, rng, 3)[0], lambda rng: boltzmann_sweeps(start, W, B, rng),
                 lambda rng: ising_sweeps(np.ones((8, 8)), 0.4, rng)):
        generator = np.random.default_rng(5)
        first, second = draw(generator), draw(generator)
        np.testing.assert_array_equal(draw(5), first)
        assert (first != second).any()


def test_a_bias_of_infinity_holds_a_unit():
    held = np.array([np.inf, -np.inf, 0.0])
    for x in (boltzmann_sweeps(np.zeros((30, 3)), W, held, 0, 5), boltzmann_sweeps(np.zeros((30, 3)), W, held, 0, 5, "random"),
              rbm_sweeps(np.zeros((30, 3)), W[:, :2], held, C, 0, 5)[0]):
        assert (x[:, 0] == 1).all() and (x[:, 1] == 0).all() and 0 < x[:, 2].mean() < 1


def test_dtypes_layouts_and_empty_batches():
    single = [a.astype(np.float32) for a in (V, W[:, :2], B, C)]
    assert [a.dtype for a in rbm_sweeps(*single, 0)] == [np.float32] * 2
    assert [a.dtype for a in rbm_sweeps(V.astype(int), W[:, :2].astype(int), [0, 0, 0], [0, 0], 0)] == [np.float64] * 2
    assert rbm_sweeps(np.zeros((0, 3)), W[:, :2], B, C, 0)[1].shape == (0, 2)
    assert boltzmann_sweeps(np.zeros((0, 3), bool), W, B, 0).shape == (0, 3)
    assert ising_sweeps(np.ones((0, 4, 4)), 0.4, 0).shape == (0, 4, 4)
    assert boltzmann_sweeps(np.zeros((2, 3), bool), W, B, 0).dtype == bool and ising_sweeps(S, 0.4, 0).dtype == np.int8
    x = np.random.default_rng(0).integers(0, 2, (6, 6))
    frozen = x.astype(float)
    frozen.flags.writeable = False
    for view in (x[::2, ::-2], np.asfortranarray(x[::2, ::-2]), frozen[::2, ::-2]):
        np.testing.assert_array_equal(boltzmann_sweeps(view, W.T[::-1, ::-1], B[::-1], 1, 3),
                                      boltzmann_sweeps(x[::2, ::-2].copy(), W[::-1, ::-1].copy(), B, 1, 3))
        np.testing.assert_array_equal(rbm_sweeps(view, W[:, ::2], B, C, 1, 3)[0],
                                      rbm_sweeps(view * 1.0, W[:, ::2].copy(), B, C, 1, 3)[0])
    v, h = rbm_sweeps(V + 1, W[:, :2], B, C, 0, 0)
    assert (v == 1).all() and (h == 0).all()


@pytest.mark.parametrize(("call", "words"), [
    (lambda: rbm_sweeps(V, W, B, C, 0), "got shapes (4, 3), (3, 3), (3,) and (2,)"),
    (lambda: rbm_sweeps(V[0], W[:, :2], B, C, 0), "expected v (n, D)"),
    (lambda: rbm_sweeps(V, W[:, :2], B, C, 0, visible="poisson"), "'poisson'"),
    (lambda: rbm_sweeps(V, W[:, :2] * np.nan, B, C, 0), "W[0, 0] is nan"),
    (lambda: rbm_sweeps(V, W[:, :2], B, C * np.nan, 0), "c has a NaN at (0,)"),
    (lambda: rbm_sweeps(V, W[:, :2], B, C, 0, sweeps=1.5), "sweeps must be an integer of at least 0, got 1.5"),
    (lambda: rbm_sweeps(V, W[:, :2], B, C, 0, sweeps=-1), "got -1"),
    (lambda: boltzmann_sweeps(V, np.triu(W), B, 0), "must be symmetric"),
    (lambda: boltzmann_sweeps(V, W + np.eye(3), B, 0), "zero diagonal"),
    (lambda: boltzmann_sweeps(V - 1, W, B, 0), "(s + 1) / 2"),
    (lambda: boltzmann_sweeps(V, W[:2], B, 0), "got shapes (4, 3), (2, 3) and (3,)"),
    (lambda: boltzmann_sweeps(V, W, B, 0, order="checkerboard"), "one of sequential, random, got 'checkerboard'"),
    (lambda: ising_sweeps(S - 1, 0.4, 0), "s = 2 x - 1"),
    (lambda: ising_sweeps(S[0], 0.4, 0), "got shapes (4,)"),
    (lambda: ising_sweeps(S[:3], 0.4, 0), "even sides"),
    (lambda: ising_sweeps(S, np.nan, 0), "got nan"),
    (lambda: ising_sweeps(S, 0.4, 0, order="spiral"), "'spiral'"),
    (lambda: ising_sweeps(np.broadcast_to(np.int8(1), (2**16, 2**8, 2**8)), 0.4, 0), "split the chains"),
])
def test_bad_arguments_are_named(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


def test_a_draw_has_no_gradient():
    with pytest.raises(TypeError, match=r"W is a traced value, and a draw has no gradient; pass stop_gradient\(W\)"):
        grad(lambda w: np.sum(rbm_sweeps(V, w, B, C, 0)[0]))(W[:, :2])
    with pytest.raises(TypeError, match="x must hold real numbers, got complex128"):
        boltzmann_sweeps(V * 1j, W, B, 0)
