"""Chains against enumeration, twins against references draw by draw, and the hash against what chance would do."""
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from edugen.kernels import gibbs, use
from edugen.kernels.gibbs import bernoulli, boltzmann_sweeps, ising_sweeps, normals, rbm_sweeps, uniforms

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"               # in plain Python, fewer chains: it is the same code
FEWER = 1 if COMPILED else 20


def binary(n, d):
    return np.array(list(itertools.product([0.0, 1.0], repeat=d)))[:n]


def frequencies(x, low=0):
    """Relative frequency of each configuration, in the order of `binary`."""
    code = ((x.reshape(len(x), -1) > low) @ 2 ** np.arange(x[0].size)[::-1]).astype(int)
    return np.bincount(code, minlength=2 ** x[0].size) / len(x)


def assert_drawn_from(x, energy, low=0):
    """A chi-squared test over all configurations of independent chains; one false alarm in ten thousand."""
    states = binary(2 ** x[0].size, x[0].size)
    p = np.exp(-np.array([energy(s) for s in states]))
    p /= p.sum()
    expected = p * len(x)
    assert expected.min() > 5, "too few chains for the test"
    assert stats.chisquare(frequencies(x, low) * len(x), expected).pvalue > 1e-4


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_rbm_is_drawn_from_its_energy(backend, rng):
    W, b, c = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4)
    with use(backend):
        v, h = rbm_sweeps(rng.integers(0, 2, (40_000 // FEWER, 3)).astype(float), W, b, c, key=11, sweeps=40 if COMPILED else 10)
    assert_drawn_from(v, lambda s: -s @ b - np.sum(np.log1p(np.exp(s @ W + c))))                  # hidden units summed out
    assert set(np.unique(h)) == {0.0, 1.0}


def test_rbm_with_gaussian_visible_units(rng):
    """The marginal of v is a mixture of 2^H normals: its mean and covariance by enumeration."""
    W, b, c = rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3)
    v, _ = rbm_sweeps(rng.normal(size=(60_000 // FEWER, 2)), W, b, c, key=3, sweeps=60 if COMPILED else 15, gaussian=True)
    hs = binary(8, 3)
    mean = hs @ W.T + b
    weight = np.exp(hs @ c + 0.5 * np.sum(mean**2, axis=1))
    weight /= weight.sum()
    m = weight @ mean
    cov = np.eye(2) + (weight[:, None] * (mean - m)).T @ (mean - m)
    np.testing.assert_allclose(v.mean(axis=0), m, atol=4.5 * np.sqrt(np.diag(cov).max() / len(v)))
    np.testing.assert_allclose(np.cov(v.T), cov, atol=4.5 * (2 / len(v)) ** 0.5 * np.abs(cov).max())


@pytest.mark.parametrize("backend, chains", [("numpy", 4_000 // FEWER * 2), ("numba", 60_000 // FEWER)])
@pytest.mark.parametrize("random_scan", [False, True])
def test_boltzmann_machine_is_drawn_from_its_energy(backend, chains, random_scan, rng):
    W = rng.normal(size=(3, 3))
    W, b = np.triu(W, 1) + np.triu(W, 1).T, rng.normal(size=3)
    with use(backend):
        x = boltzmann_sweeps(rng.integers(0, 2, (chains, 3)).astype(float), W, b, key=5, sweeps=20, random_scan=random_scan)
    assert_drawn_from(x, lambda s: -0.5 * s @ W @ s - b @ s)


@pytest.mark.parametrize("checkerboard", [True, False])
def test_ising_is_drawn_from_its_energy(checkerboard):
    """Magnetization and energy of a 4 x 4 torus against the sum over its 65,536 configurations."""
    beta, field = 0.35, 0.1
    states = np.array(list(itertools.product([-1, 1], repeat=16)), np.int8).reshape(-1, 4, 4)
    bonds = np.sum(states * np.roll(states, 1, 1) + states * np.roll(states, 1, 2), axis=(1, 2))
    up = np.sum(states, axis=(1, 2))
    p = np.exp(beta * bonds + field * up)
    p /= p.sum()
    s, seen = np.ones((4, 4), np.int8), []
    for k in range(6_000 // FEWER + 100):
        s = ising_sweeps(s, beta, key=k, sweeps=3, field=field, checkerboard=checkerboard)
        seen.append([np.sum(s * np.roll(s, 1, 0) + s * np.roll(s, 1, 1)), np.sum(s)])
    seen = np.array(seen[100:])
    for observed, values in zip(seen.T, (bonds, up), strict=True):
        blocks = observed[: len(observed) // 100 * 100].reshape(100, -1).mean(axis=1)             # long enough to be independent
        assert abs(blocks.mean() - p @ values) < 4.5 * blocks.std(ddof=1) / 10


def test_twins_make_the_same_draws(rng):
    for dtype in (np.float32, np.float64):
        logits, bias = (3 * rng.normal(size=(50, 17))).astype(dtype), rng.normal(size=17).astype(dtype)
        np.testing.assert_array_equal(bernoulli(logits, bias, 5, 3), bernoulli.reference(logits, bias, 5, 3))
    W = rng.normal(size=(9, 9))
    W, b, x = W + W.T - np.diag(2 * np.diag(W)), rng.normal(size=9), rng.integers(0, 2, (4, 9)).astype(float)
    for scan in (False, True):
        np.testing.assert_array_equal(boltzmann_sweeps(x, W, b, 7, 5, scan), boltzmann_sweeps.reference(x, W, b, 7, 5, scan))
    for shape in ((8, 6), (2, 2), (4, 34)):
        s = rng.choice([-1, 1], shape)
        for board in (True, False):
            args = s, 0.4, 7, 5, 0.1, board
            np.testing.assert_array_equal(ising_sweeps(*args), ising_sweeps.reference(*args))
    s = rng.choice([-1, 1], (5, 3))
    np.testing.assert_array_equal(ising_sweeps(s, 0.4, 7, 5, 0.1, False), ising_sweeps.reference(s, 0.4, 7, 5, 0.1, False))


def test_the_number_of_threads_changes_nothing():
    code = ("import numpy as np; from edugen.kernels.gibbs import ising_sweeps;"
            "print(hash(ising_sweeps(np.ones((64, 64), np.int8), 0.4, 9, 50).tobytes()))")
    outputs = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                              env=os.environ | {"NUMBA_NUM_THREADS": n, "PYTHONHASHSEED": "0"}).stdout for n in ("1", "2")}
    assert len(outputs) == 1


def test_uniform_numbers_look_like_chance():
    """Across sites, sweeps and keys: Kolmogorov-Smirnov, serial correlation, every bit; false alarms below one in a thousand."""
    n = 200_000
    grids = {"sites": uniforms(1, 0, np.arange(n)), "sweeps": np.array([uniforms(1, s, 0) for s in range(20_000)]),
             "keys": np.array([uniforms(k, 0, 0) for k in range(20_000)]),
             "nearby": uniforms(1, 1, np.arange(n)) - uniforms(1, 0, np.arange(n))}
    for label in ("sites", "sweeps", "keys"):
        u = grids[label].ravel()
        assert stats.kstest(u, "uniform").pvalue > 1e-4, label
        assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / len(u) ** 0.5, label
        assert 0 < u.min() and u.max() < 1
        high = (u * 2**32).astype(np.uint64)
        for bit in range(32):
            assert abs(np.mean(high >> np.uint64(bit) & np.uint64(1)) - 0.5) < 2.5 / len(u) ** 0.5, (label, bit)
    assert abs(np.corrcoef(uniforms(1, 0, np.arange(n)), uniforms(1, 1, np.arange(n)))[0, 1]) < 4 / n**0.5
    assert abs(grids["nearby"].std() - (1 / 6) ** 0.5) < 0.005                                    # two independent uniforms
    assert stats.kstest(normals(4, 2, np.arange(n)), "norm").pvalue > 1e-4


def test_same_key_same_chain_other_key_another(rng):
    W, b, c, v = rng.normal(size=(6, 5)), np.zeros(6), np.zeros(5), np.zeros((3, 6))
    first, again, other = (rbm_sweeps(v, W, b, c, key, 10)[0] for key in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (rbm_sweeps(v, W, b, c, 1, 0)[0] == v).all()


@pytest.mark.parametrize("gaussian", [False, True])
def test_no_two_draws_of_a_chain_share_their_uniform_numbers(gaussian, monkeypatch):
    drawn = []
    monkeypatch.setattr(gibbs, "uniforms", lambda key, sweep, sites: (drawn.append(sweep), uniforms(key, sweep, sites))[1])
    with use("numpy"):
        rbm_sweeps(np.zeros((2, 3)), np.zeros((3, 3)), np.zeros(3), np.zeros(3), 5, 40, gaussian)
    assert len(drawn) == len(set(drawn)) == 40 * (3 if gaussian else 2)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_edges(backend, rng):
    with use(backend):
        assert bernoulli(np.zeros((0, 3)), np.zeros(3), 1, 0).shape == (0, 3)
        logits = np.array([[800.0, -800.0, np.inf, -np.inf]])
        np.testing.assert_array_equal(bernoulli(logits, np.zeros(4), 1, 0), [[1, 0, 1, 0]])
        x = rng.integers(0, 2, (3, 4))
        before = x.copy()
        W = np.zeros((4, 4))
        W.flags.writeable = False
        out = boltzmann_sweeps(x, W, np.array([900.0, -900.0, 900.0, -900.0]), 2**64 - 1, 1)
        np.testing.assert_array_equal(out, [[1, 0, 1, 0]] * 3)
        np.testing.assert_array_equal(x, before)
        assert out.dtype == x.dtype
        with pytest.raises(ValueError, match=r"even sides .* got shape \(3, 4\)"):
            ising_sweeps(np.ones((3, 4), np.int8), 0.4, 1, 1)
        cold = ising_sweeps(np.ones((4, 4), np.int8)[::-1, ::-1], 50.0, 1, 3)
        assert (cold == 1).all() and cold.dtype == np.int8


def test_no_two_sites_share_a_hash():
    """`_mix` is a bijection: 2^20 different sites get 2^20 different hashes."""
    h = gibbs._mix(np.arange(2**20, dtype=np.uint32))
    assert len(np.unique(h)) == 2**20
