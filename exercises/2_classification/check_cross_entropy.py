"""Checks of the exercise on cross-entropy. The student's code runs in a worker; what is expected is computed here, afterwards."""
import numpy as np
import pytest

from edugen.data import digits
from edugen.grading import assert_close


def shares(energies, beta=1.0):
    """Softmax of the negative energies, for a complex beta or complex energies too."""
    a = np.exp(-beta * (energies - energies.real.min(axis=1, keepdims=True)))
    return a / a.sum(axis=1, keepdims=True)


def losses(energies, y):
    """Cross-entropy losses, for complex energies too."""
    lowest = energies.real.min(axis=1)
    return energies[np.arange(len(y)), y] - lowest + np.log(np.sum(np.exp(lowest[:, None] - energies), axis=1))


@pytest.mark.points(2)
@pytest.mark.hint("Subtract each row's lowest energy first: it cancels above and below, and nothing overflows.",
                  "Cho (2.29), (2.33)",
                  "a = np.exp(-beta * (energies - energies.min(axis=1, keepdims=True)))")
@pytest.mark.parametrize("beta, scale", [(1.0, 1.0), (0.0, 1.0), (2.5, 3.0), (1.0, 1e5)])
def test_softmax(student, rng, beta, scale):
    energies = scale * rng.normal(size=(9, 4))
    assert_close(student.call("softmax", energies, beta), shares(energies, beta), rtol=1e-10, atol=1e-300)


@pytest.mark.points(3)
@pytest.mark.hint("Never form the probability: take the logarithm on paper.", "The right-hand side of Cho (2.30)",
                  "lowest = energies.min(axis=1, keepdims=True)")
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_cross_entropy(student, rng, scale):
    energies, y = scale * rng.normal(size=(30, 5)), rng.integers(0, 5, 30)
    # a small loss is a difference of large energies, in any order of the terms: what is lost is a part of their scale
    assert_close(student.call("cross_entropy", energies, y), losses(energies, y), rtol=1e-10, atol=1e-13 * scale)


@pytest.mark.points(3)
@pytest.mark.hint("First the gradient in the energies, one row an input; then that of the energies in W and b.",
                  "Cho (2.32), then (2.40) and (2.41)", "push = (np.eye(K)[y] - p) / len(y)")
@pytest.mark.parametrize("n, d, k", [(8, 3, 4), (5, 6, 2)])
def test_linear_gradient(student, rng, n, d, k):
    W, b, x, y = rng.normal(size=(k, d)), rng.normal(size=k), rng.normal(size=(n, d)), rng.integers(0, k, n)
    expected, step = (np.zeros((k, d)), np.zeros(k)), 1e-30j             # exact to rounding, so differences do not pass
    for i in np.ndindex(k, d):
        W_i = W.astype(complex)
        W_i[i] += step
        expected[0][i] = np.mean(losses(-(x @ W_i.T + b), y)).imag / 1e-30
    for i in range(k):
        expected[1][i] = np.mean(losses(-(x @ W.T + b + step * np.eye(k)[i]), y)).imag / 1e-30
    assert_close(student.call("linear_gradient", W, b, x, y), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.points(4)
@pytest.mark.hint("Write log p in the entropy with (2.33): it is linear in the energies, up to a constant that the rest cancels.",
                  "With averages under p: dp/dbeta = -p (e - mean of e)", "mean = np.sum(p * energies, axis=1, keepdims=True)")
@pytest.mark.parametrize("beta", [0.2, 1.0, 4.0])
@pytest.mark.imports(by_hand=True)
def test_entropy_slope(student, rng, beta):
    energies = rng.normal(size=(8, 5))
    p = shares(energies, beta + 1e-30j)
    expected = -np.sum(p * np.log(p), axis=1).imag / 1e-30
    assert_close(student.call("entropy_slope", energies, beta), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.points(4)
@pytest.mark.hint("If the k lowest energies are the ones below tau, their shares sum to k tau minus the sum of those energies.",
                  "p = max(0, tau - a): among k = 1 ... K, the right one is the largest whose tau lies above the k-th energy",
                  "a = np.sort(energies, axis=1); tau = (1 + np.cumsum(a, axis=1)) / np.arange(1, K + 1)")
@pytest.mark.parametrize("k, scale", [(5, 0.3), (5, 2.0), (2, 1.0), (8, 1e4)])
def test_sparsemax(student, rng, k, scale):
    energies = scale * rng.normal(size=(20, k)) + rng.normal()
    expected = np.empty_like(energies)
    for row, a in zip(expected, energies):
        a = a - a.min()
        low, high = 0.0, 1.0                                             # tau, by halving: the sum grows with it
        for _ in range(80):
            tau = (low + high) / 2
            low, high = (low, tau) if np.maximum(0, tau - a).sum() > 1 else (tau, high)
        row[:] = np.maximum(0, tau - a)
    assert_close(student.call("sparsemax", energies), expected, rtol=1e-8, atol=1e-15 * scale + 1e-13)


@pytest.mark.points(4)
@pytest.mark.timeout(60)
@pytest.mark.hint("Follow the gradient of the mean loss, for a few hundred steps.", "Cho (2.32): `linear_gradient`",
                  "gW, gb = linear_gradient(W, b, x, y); W, b = W - eta * gW, b - eta * gb")
def test_fit(student, rng):
    images, names = digits()
    order, pixels, renamed = rng.permutation(len(names)), rng.permutation(64), rng.permutation(10)
    x, y = images[order][:, pixels], renamed[names[order]]
    answer = student.call("fit", x[:1000], y[:1000], 10, int(rng.integers(2**31)))
    assert_close([np.shape(part) for part in answer] if isinstance(answer, (tuple, list)) else answer, [(10, 64), (10,)],
                 name="the shapes of W and b")
    W, b = (np.asarray(part, dtype=float) for part in answer)
    assert np.all(np.isfinite(W)) and np.all(np.isfinite(b)), "W and b must be finite"
    with np.errstate(over="ignore", invalid="ignore"):
        loss = np.mean(losses(-(x[1000:] @ W.T + b), y[1000:]))
    # the solution: 0.09 to 0.18 on 200 seeds; with weights eight times as large: 0.22 to 0.89; knowing nothing: 2.30
    assert loss <= 0.2, f"a mean cross-entropy of {loss:.3f} on new images, and 0.2 was asked"
