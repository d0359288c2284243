"""Checks of the exercise on normalization. The student's code runs in a worker; what is expected is computed afterwards."""
import math

import numpy as np
import pytest
from scipy.linalg import sqrtm

from edugen.grading import assert_close, parts


def stretched(rng, N, D):
    """Correlated features of different sizes, far from the origin."""
    return rng.normal(size=(N, D)) @ rng.normal(size=(D, D)) * 10 ** rng.uniform(-0.5, 0.5, size=D) + 2 * rng.normal(size=D)


@pytest.mark.points(2)
@pytest.mark.hint("The Hessian is made of the inputs alone.", "(3.7): append a 1 to each input; the bias counts, too",
                  "z = np.column_stack([x, np.ones(len(x))])")
@pytest.mark.parametrize("N, D", [(30, 2), (12, 4), (9, 1)])
def test_inputs_condition(student, rng, N, D):
    x = stretched(rng, N, D)
    H = np.zeros((D + 1, D + 1))
    for row in x:
        one = np.append(row, 1.0)
        H += np.outer(one, one) / N
    assert_close(student.call("inputs_condition", x), np.linalg.cond(H), rtol=1e-7)


@pytest.mark.points(3)
@pytest.mark.hint("Two numbers of the training set are needed: its mean, and the inverse root of its covariance.",
                  "the root of a symmetric matrix has the roots of its eigenvalues",
                  "variances, axes = np.linalg.eigh(apart.T @ apart / len(train))")
@pytest.mark.parametrize("N, M, D", [(40, 5, 3), (20, 1, 2), (10, 7, 1)])
def test_whiten(student, rng, N, M, D):
    train, new = stretched(rng, N, D), stretched(rng, M, D)
    covariance = np.cov(train.T, bias=True).reshape(D, D)
    expected = (new - train.mean(axis=0)) @ np.linalg.inv(np.real(sqrtm(covariance)))
    assert_close(student.call("whiten", train, new), expected, rtol=1e-6, atol=1e-7)


def normalized_backward(u, x, eps):
    """By the Jacobian of (x - mu) / sqrt(var + eps), written out: one row of numbers."""
    n, mean = len(x), sum(x) / len(x)
    r = 1 / math.sqrt(sum((v - mean) ** 2 for v in x) / n + eps)
    entry = lambda i, j: r * ((i == j) - 1 / n) - r ** 3 * (x[i] - mean) * (x[j] - mean) / n
    return np.array([sum(entry(i, j) * u[i] for i in range(n)) for j in range(n)])


@pytest.mark.points(3)
@pytest.mark.hint("Every example moves the mean and the deviation, which move all the others.",
                  "what comes back loses its mean, and its part along x hat",
                  "by_x = (u - u.mean(0) - hat * (hat * u).mean(0)) / std")
@pytest.mark.parametrize("N, D", [(6, 3), (3, 1), (10, 2)])
def test_batch_norm_backward(student, rng, N, D):
    g, x, m, s = rng.normal(size=(N, D)), 3 * rng.normal(size=(N, D)) + 1, rng.normal(size=D), rng.normal(size=D)
    by_x = np.stack([normalized_backward(g[:, j] * math.exp(s[j]), x[:, j], 0.0) for j in range(D)], axis=1)
    output = np.stack([math.exp(s[j]) * (x[:, j] - np.mean(x[:, j])) / np.std(x[:, j]) for j in range(D)], axis=1)
    expected = {"by_x": by_x, "by_m": sum(g), "by_s": sum(g * output)}
    assert_close(parts(student.call("batch_norm_backward", g, x, m, s), *expected), expected, rtol=1e-8, atol=1e-10)


@pytest.mark.points(4)
@pytest.mark.hint("Cut the features into groups first: reshape to (N, groups, D / groups).",
                  "within a group it is the pass of batch norm, with means over the group",
                  "r * (g - g.mean(-1, keepdims=True) - hat * (g * hat).mean(-1, keepdims=True))")
@pytest.mark.parametrize("N, D, groups, eps", [(4, 6, 2, 1e-3), (1, 8, 2, 0.5), (3, 5, 1, 1e-5), (2, 9, 3, 0.1)])
@pytest.mark.imports(by_hand=True)
def test_group_norm_backward(student, rng, N, D, groups, eps):
    g, x = rng.normal(size=(N, D)), 2 * rng.normal(size=(N, D)) + 1
    size = D // groups
    expected = np.zeros((N, D))
    for n in range(N):
        for start in range(0, D, size):
            expected[n, start:start + size] = normalized_backward(g[n, start:start + size], x[n, start:start + size], eps)
    assert_close(student.call("group_norm_backward", g, x, groups, eps), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.points(2)
@pytest.mark.hint("Write the batch norm out, and collect what stands beside x.", "gain = np.exp(s) / np.sqrt(variance + eps)",
                  "return U * gain, m + gain * (c - mean)")
@pytest.mark.parametrize("n, k", [(4, 3), (1, 1), (3, 5)])
def test_fold(student, rng, n, k):
    U, c, m, s, mean = rng.normal(size=(n, k)), *rng.normal(size=(4, k))
    variance, eps = rng.uniform(0.1, 4, size=k), float(rng.uniform(0.1, 0.5))
    found = parts(student.call("fold", U, c, m, s, mean, variance, eps), "U", "c")
    x = rng.normal(size=(20, n))
    expected = m + np.exp(s) * (x @ U + c - mean) / np.sqrt(variance + eps)
    assert np.shape(found["U"]) == (n, k) and np.shape(found["c"]) == (k,), f"return arrays ({n}, {k}) and ({k},)"
    assert_close(x @ found["U"] + found["c"], expected, rtol=1e-9, atol=1e-10, name="the outputs")


@pytest.mark.points(3)
@pytest.mark.hint("A vector that is multiplied again and again turns to the direction that grows most.",
                  "v = U.T @ (U @ v), then v / np.linalg.norm(v)", "return U / np.linalg.norm(U @ v)")
@pytest.mark.parametrize("n, k, steps", [(5, 3, 0), (4, 6, 1), (3, 3, 4), (1, 2, 2), (6, 5, 300)])
def test_spectral_normalize(student, rng, n, k, steps):
    U, v = 3 * rng.normal(size=(n, k)), 2 * rng.normal(size=k)
    value = student.call("spectral_normalize", U, v, steps)
    axes, values, right = np.linalg.svd(U, full_matrices=False)
    shares = right @ v * (values / values[0]) ** (2 * steps)                         # all steps at once, in the axes of U
    length = math.sqrt(np.sum(shares ** 2) + (np.sum(v ** 2) - np.sum((right @ v) ** 2) if steps == 0 else 0))
    expected = U / (np.linalg.norm(values * shares) / length)
    assert_close(value, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.points(3)
@pytest.mark.hint("There is no formula: search. Which numbers can be changed freely, whatever their sign?",
                  "logarithms of the scales, from those of deviations on; a step that helps is kept",
                  "d = 1 / np.sqrt(np.diag(H)), then d * np.exp(size * rng.normal(size=6)) in a loop")
@pytest.mark.parametrize("turn", range(2))
def test_scales(student, rng, turn):
    deviations = 0.0
    while deviations < 25:
        Q = np.linalg.qr(rng.normal(size=(6, 6)))[0]
        A = (Q * [1, 1, 1, 20, 20, 20]) @ Q.T
        hidden = 10 ** rng.uniform(-1, 1, size=6)
        H = A / np.outer(hidden, hidden)
        deviations = np.linalg.cond(H / np.sqrt(np.outer(np.diag(H), np.diag(H))))
    d = student.call("scales", H)
    assert isinstance(d, np.ndarray) and d.shape == (6,) and np.all(np.isfinite(d)) and np.all(d > 0), "return 6 positive numbers"
    reached = np.linalg.cond(H * np.outer(d, d))
    assert reached <= 21, f"the condition number is {reached:.2f}; deviations give {deviations:.2f}, and some scales 20; reach 21"
