"""Chains against enumeration, twins against references draw by draw, and the hash against what chance would do."""
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from edugen.kernels import gibbs, use
from edugen.kernels.gibbs import bernoulli, boltzmann_sweeps, gaussian, ising_sweeps, normals, rbm_sweeps, uniforms

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


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_rbm_with_gaussian_visible_units(backend, rng):
    """The marginal of v is a mixture of 2^H normals: its mean and covariance by enumeration."""
    W, b, c = rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3)
    with use(backend):
        v, _ = rbm_sweeps(rng.normal(size=(40_000 // FEWER, 2)), W, b, c, 3, sweeps=40 if COMPILED else 15, visible="gaussian")
    hs = binary(8, 3)
    mean = hs @ W.T + b
    weight = np.exp(hs @ c + 0.5 * np.sum(mean**2, axis=1))
    weight /= weight.sum()
    m = weight @ mean
    cov = np.eye(2) + (weight[:, None] * (mean - m)).T @ (mean - m)
    np.testing.assert_allclose(v.mean(axis=0), m, atol=4.5 * np.sqrt(np.diag(cov).max() / len(v)))
    np.testing.assert_allclose(np.cov(v.T), cov, atol=4.5 * (2 / len(v)) ** 0.5 * np.abs(cov).max())


@pytest.mark.parametrize("backend, chains", [("numpy", 4_000 // FEWER * 2), ("numba", 60_000 // FEWER)])
@pytest.mark.parametrize("order", ["sequential", "random"])
def test_boltzmann_machine_is_drawn_from_its_energy(backend, chains, order, rng):
    W = rng.normal(size=(3, 3))
    W, b = np.triu(W, 1) + np.triu(W, 1).T, rng.normal(size=3)
    with use(backend):
        x = boltzmann_sweeps(rng.integers(0, 2, (chains, 3)).astype(float), W, b, key=5, sweeps=20, order=order)
    assert_drawn_from(x, lambda s: -0.5 * s @ W @ s - b @ s)


@pytest.mark.parametrize("order", ["checkerboard", "sequential", "random"])
def test_ising_is_drawn_from_its_energy(order):
    """Magnetization and energy of a 4 x 4 torus against the sum over its 65,536 configurations."""
    beta, field = 0.35, 0.1
    states = np.array(list(itertools.product([-1, 1], repeat=16)), np.int8).reshape(-1, 4, 4)
    bonds = np.sum(states * np.roll(states, 1, 1) + states * np.roll(states, 1, 2), axis=(1, 2))
    up = np.sum(states, axis=(1, 2))
    p = np.exp(beta * bonds + field * up)
    p /= p.sum()
    chains = 4_000 if COMPILED else 30
    s = ising_sweeps(np.ones((chains, 4, 4), np.int8), beta, key=7, sweeps=60 if COMPILED else 15, field=field, order=order)
    bonds_seen = np.sum(s * np.roll(s, 1, 1) + s * np.roll(s, 1, 2), axis=(1, 2))
    for observed, values in ((bonds_seen, bonds), (np.sum(s, axis=(1, 2)), up)):                  # one false alarm in 70,000
        spread = np.sqrt(p @ values**2 - (p @ values) ** 2)
        assert abs(observed.mean() - p @ values) < 4.5 * spread / chains**0.5
        assert 0.9 < observed.std() / spread < 1.1 or not COMPILED


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("order", ["checkerboard", "sequential", "random"])
def test_small_ising_model_is_drawn_from_its_energy(backend, order):
    """All 16 configurations of a 2 x 2 torus, on which each neighbor is one twice."""
    with use(backend):
        chains = 20_000 if backend == "numba" and COMPILED else 800
        s = ising_sweeps(np.ones((chains, 2, 2)), 0.1, key=3, sweeps=8, field=0.1, order=order)

    def energy(x):
        x = 2 * x.reshape(2, 2) - 1
        return -0.1 * np.sum(x * np.roll(x, 1, 0) + x * np.roll(x, 1, 1)) - 0.1 * x.sum()
    assert_drawn_from(s, energy)


def test_twins_make_the_same_draws(rng):
    W = rng.normal(size=(9, 9))
    W, b, x = W + W.T - np.diag(2 * np.diag(W)), rng.normal(size=9), rng.integers(0, 2, (4, 9)).astype(float)
    for dtype in (np.float32, np.float64):
        logits, bias = (3 * rng.normal(size=(50, 17))).astype(dtype), rng.normal(size=17).astype(dtype)
        np.testing.assert_array_equal(bernoulli(logits, bias, 5, 3), bernoulli.reference(logits, bias, 5, 3))
        noisy = gaussian(logits, bias, 5, 3)
        np.testing.assert_allclose(noisy, gaussian.reference(logits, bias, 5, 3), atol=1e-5)
        assert noisy.dtype == dtype
    for dtype in (np.float32, np.float64):
        for order in ("sequential", "random"):
            args = x.astype(dtype), W.astype(dtype), b.astype(dtype), 7, 70, order            # past the 64th sweep
            np.testing.assert_array_equal(boltzmann_sweeps(*args), boltzmann_sweeps.reference(*args))
    for shape in ((8, 6), (2, 2), (4, 34), (3, 4, 4), (5, 3)):
        s = rng.choice([-1, 1], shape)
        for order in ("checkerboard", "sequential", "random")[shape == (5, 3):]:
            args = s, 0.4, 7, 5, 0.1, order
            np.testing.assert_array_equal(ising_sweeps(*args), ising_sweeps.reference(*args))


def test_the_number_of_threads_changes_nothing():
    """Nor does anything else that differs between processes; BLAS, whose sums do depend on its threads, has one."""
    code = """
import hashlib
import numpy as np
from edugen.kernels.gibbs import boltzmann_sweeps, ising_sweeps, rbm_sweeps
rng = np.random.default_rng(0)
W = rng.normal(size=(9, 9))
symmetric = W + W.T - np.diag(2 * W.diagonal())
drawn = [ising_sweeps(np.ones((3, 64, 64), np.int8), 0.4, 9, 20),
         boltzmann_sweeps(np.zeros((2, 9)), symmetric, np.zeros(9), 9, 50),
         *rbm_sweeps(np.zeros((50, 9)), W, np.zeros(9), np.zeros(9), 9, 20),
         *rbm_sweeps(np.zeros((50, 9)), W, np.zeros(9), np.zeros(9), 9, 20, "gaussian")]
print(hashlib.sha256(b"".join(x.tobytes() for x in drawn)).hexdigest())
"""
    outputs = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                              env=os.environ | {"NUMBA_NUM_THREADS": n, "OPENBLAS_NUM_THREADS": "1"}).stdout for n in ("1", "2")}
    assert len(outputs) == 1 and "\n" in outputs.pop()


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


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_no_two_draws_of_a_chain_share_their_uniform_numbers(visible, monkeypatch):
    drawn = []
    monkeypatch.setattr(gibbs, "uniforms", lambda key, sweep, sites: (drawn.append(sweep), uniforms(key, sweep, sites))[1])
    with use("numpy"):
        rbm_sweeps(np.zeros((2, 3)), np.zeros((3, 3)), np.zeros(3), np.zeros(3), 5, 40, visible)
    assert len(drawn) == len(set(drawn)) == 40 * (3 if visible == "gaussian" else 2)


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
