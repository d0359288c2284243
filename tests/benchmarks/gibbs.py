"""Gibbs sweeps: a sweep of each model against the way others run it.

Samplers with different random numbers can't be compared number by number. What is compared is what their chains agree on: each
unit's mean activity over chains and sweeps, as one number for the RBM, the magnetization's square and the energy for Ising.
"""
import os
from functools import partial

import numpy as np


def _rbm(visible, hidden):
    rng = np.random.default_rng(0)
    W = (0.05 * rng.normal(size=(visible, hidden))).astype(np.float32)
    b, c = (0.3 * rng.normal(size=n).astype(np.float32) for n in (visible, hidden))
    return W, b.astype(np.float32), c.astype(np.float32), (rng.random((100, visible)) < 0.5).astype(np.float32)


def _activity(sweep, v, sweeps=300):
    """Mean over chains and sweeps, of the second half."""
    total = 0.0
    for s in range(sweeps):
        v = sweep(v, s)
        total += float(v.mean()) * (s >= sweeps // 2)
    return [total / (sweeps - sweeps // 2)]


def edugen_rbm(visible, hidden):
    from edugen.kernels.gibbs import rbm_sweeps
    W, b, c, v = _rbm(visible, hidden)
    return lambda: rbm_sweeps(v, W, b, c, 1, 1), lambda: _activity(lambda v, s: rbm_sweeps(v, W, b, c, s, 1)[0], v)


def sklearn_rbm(visible, hidden):
    from sklearn.neural_network import BernoulliRBM
    W, b, c, v = _rbm(visible, hidden)
    rbm = BernoulliRBM(hidden, random_state=0).fit(v[:2])
    rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_ = W.T.copy(), b, c
    rbm.random_state_ = np.random.RandomState(0)
    return lambda: rbm.gibbs(v), lambda: _activity(lambda v, s: rbm.gibbs(v).astype(np.float32), v)


def torch_rbm(visible, hidden):
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)
    W, b, c, v = map(torch.tensor, _rbm(visible, hidden))

    def sweep(v, s=0):
        with torch.no_grad():
            h = torch.bernoulli(torch.sigmoid(torch.addmm(c, v, W)))
            return torch.bernoulli(torch.sigmoid(torch.addmm(b, h, W.T)))
    return lambda: sweep(v), lambda: _activity(sweep, v)


def _ising(sweeps, spins):
    """Energy a site over a quarter of an hour of sweeps' worth of memory: hot, so chains forget quickly."""
    energy = []
    for s in range(60):
        spins = sweeps(spins, s)
        x = np.asarray(spins, float)
        energy.append(-np.mean(x * np.roll(x, 1, 0) + x * np.roll(x, 1, 1)))
    return [np.mean(energy[20:])]


def edugen_ising(n):
    from edugen.kernels.gibbs import ising_sweeps
    spins = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (n, n))
    return lambda: ising_sweeps(spins, 0.3, 1, 1), lambda: _ising(lambda x, s: ising_sweeps(x, 0.3, s, 1), spins)


def torch_ising(n):
    """Both colors by rolled copies; the acceptance from a logistic function, the fastest of three ways that we tried."""
    import torch
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)
    spins = torch.tensor(np.random.default_rng(0).choice(np.array([-1, 1], np.float32), (n, n)))
    black = (torch.arange(n)[:, None] + torch.arange(n)) % 2 == 0

    def sweep(x, s=0):
        for color in (black, ~black):
            around = torch.roll(x, 1, 0) + torch.roll(x, -1, 0) + torch.roll(x, 1, 1) + torch.roll(x, -1, 1)
            new = torch.where(torch.rand(n, n) < torch.sigmoid(0.6 * around), 1.0, -1.0)
            x = torch.where(color, new, x)
        return x
    return lambda: sweep(spins), lambda: _ising(sweep, spins)


def _machine(n):
    rng = np.random.default_rng(0)
    W = rng.normal(size=(n, n)) / n ** 0.5
    W = (W + W.T).astype(np.float32) / 2
    np.fill_diagonal(W, 0)
    return W, (0.1 * rng.normal(size=n)).astype(np.float32), (rng.random((1, n)) < 0.5).astype(np.float32)


def _mean_unit(sweep, x):
    means = []
    for s in range(400):
        x = sweep(x, s)
        means.append(x.mean())
    return [np.mean(means[50:])]


def edugen_machine(n):
    from edugen.kernels.gibbs import boltzmann_sweeps
    W, b, x = _machine(n)
    return lambda: boltzmann_sweeps(x, W, b, 1, 20), lambda: _mean_unit(lambda x, s: boltzmann_sweeps(x, W, b, s, 1), x)


def numpy_machine(n):
    W, b, x = _machine(n)
    rng = np.random.default_rng(0)

    def sweep(x, s=0):
        x, u = x.copy(), rng.random(n, np.float32)
        for i in range(n):
            x[0, i] = u[i] < 1 / (1 + np.exp(-(W[i] @ x[0] + b[i])))
        return x

    def twenty():
        y = x
        for _ in range(20):
            y = sweep(y)
    return twenty, lambda: _mean_unit(sweep, x)


def _rbm_row(visible, hidden, goal):
    return {"sides": {"edugen": partial(edugen_rbm, visible, hidden), "scikit-learn": partial(sklearn_rbm, visible, hidden),
                      "torch": partial(torch_rbm, visible, hidden)}, "goal": goal, "close": 0.01}


ROWS = {
    "RBM 784 x 500, block sweep of 100 chains": _rbm_row(784, 500, 0.6),
    "RBM 64 x 64, block sweep of 100 chains": _rbm_row(64, 64, 0.5),
    "Ising 256 x 256, sweep": {"sides": {"edugen": partial(edugen_ising, 256), "torch": partial(torch_ising, 256)}, "goal": 0.1,
                               "close": 0.02},
    "Boltzmann machine of 500 units, 20 sequential sweeps": {"sides": {"edugen": partial(edugen_machine, 500),
                                                                   "numpy": partial(numpy_machine, 500)}, "goal": 0.02,
                                                         "close": 0.05},
}

NOTES = {"RBM 64 x 64, block sweep of 100 chains": "From run to run 0.35 to 0.55: a sweep is 60 or 90 µs, as the machine has it."}
