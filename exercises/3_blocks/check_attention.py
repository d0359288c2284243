"""Checks of the exercise on attention. The student's code runs in a worker; what is expected is computed afterwards."""
import math

import numpy as np
import pytest

from edugen.grading import assert_close, parts


def one_query(s, v):
    """Weights and result of one query, of its products and values, one number after the other."""
    top = max(s)
    e = [math.exp(x - top) for x in s]
    alpha = [x / math.fsum(e) for x in e]
    return np.array(alpha), sum(a * row for a, row in zip(alpha, v, strict=True))


def products(q, k):
    return [[math.fsum(a * b for a, b in zip(row, key, strict=True)) for key in k] for row in q]


@pytest.mark.points(3)
@pytest.mark.hint("A softmax of each row of products, then means.", "subtract the largest product of a row: it cancels",
                  "s = q @ k.T; e = np.exp(s - s.max(axis=1, keepdims=True))")
@pytest.mark.parametrize("sizes", [(5, 4, 3, 2), (1, 1, 1, 1), (2, 7, 3, 4)])
@pytest.mark.parametrize("size", [1.0, 25.0])
def test_attention(student, rng, sizes, size):
    N, M, d, m = sizes
    q, k, v = size * rng.normal(size=(N, d)), size * rng.normal(size=(M, d)), rng.normal(size=(M, m))
    rows = [one_query(s, v) for s in products(q, k)]
    expected = {"alpha": np.array([row[0] for row in rows]), "y": np.array([row[1] for row in rows])}
    assert_close(parts(student.call("attention", q, k, v), "alpha", "y"), expected, rtol=1e-8, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("Three steps back: the product with v, the softmax, the product of q and k.",
                  "by_s = alpha * (by_alpha - the mean of by_alpha under alpha)", "by_q, by_k = by_s @ k, by_s.T @ q")
@pytest.mark.parametrize("sizes", [(5, 4, 3, 2), (1, 2, 1, 1), (4, 4, 2, 2)])
def test_attention_backward(student, rng, sizes):
    N, M, d, m = sizes
    g, q, k, v = rng.normal(size=(N, m)), rng.normal(size=(N, d)), rng.normal(size=(M, d)), rng.normal(size=(M, m))
    expected = {"by_q": np.zeros_like(q), "by_k": np.zeros_like(k), "by_v": np.zeros_like(v)}
    for i, s in enumerate(products(q, k)):
        alpha, y = one_query(s, v)
        for j in range(M):
            for l in range(M):                                              # d alpha_j / d s_l
                by_s = float(g[i] @ v[j]) * alpha[j] * ((j == l) - alpha[l])
                expected["by_q"][i] += by_s * k[l]
                expected["by_k"][l] += by_s * q[i]
            expected["by_v"][j] += alpha[j] * g[i]
    found = parts(student.call("attention_backward", g, q, k, v), *expected)
    assert_close(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.points(2)
@pytest.mark.hint("What is not seen gets the weight 0, and the rest still sums to one.", "set products to -inf, not weights to 0",
                  "s = np.where(np.tri(len(q), dtype=bool), q @ k.T, -np.inf)")
@pytest.mark.parametrize("N, d, m", [(6, 3, 2), (1, 2, 3), (4, 1, 1)])
def test_causal_attention(student, rng, N, d, m):
    q, k, v = rng.normal(size=(N, d)), rng.normal(size=(N, d)), rng.normal(size=(N, m))
    expected = np.array([one_query(products(q[i:i + 1], k[:i + 1])[0], v[:i + 1])[1] for i in range(N)])
    assert_close(student.call("causal_attention", q, k, v), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("log alpha_j is beta s_j less a number that all share.", "H = log Z - beta E[s], and (log Z)' = E[s]",
                  "what is left is beta times the derivative of E[s], a variance")
@pytest.mark.parametrize("N, M", [(4, 5), (1, 2), (6, 3)])
@pytest.mark.imports(by_hand=True)
def test_entropy_slope(student, rng, N, M):
    s, beta = rng.normal(size=(N, M)), float(rng.uniform(0.5, 1.5)) * float(rng.choice([-1, 1]))
    expected = []
    for row in s:
        alpha = one_query(beta * row, row[:, None])[0]
        pairs = [a * b * (x - y) ** 2 for a, x in zip(alpha, row, strict=True) for b, y in zip(alpha, row, strict=True)]
        expected.append(-beta * math.fsum(pairs) / 2)                       # a variance, of all pairs
    assert_close(student.call("entropy_slope", s, beta), np.array(expected), rtol=1e-11, atol=1e-13)


@pytest.mark.points(3)
@pytest.mark.hint("The same softmax, of other numbers.", "s[h, i, j] = q_i k_j - 2 ** (-8 h / K) (i - j), h from 1",
                  "slopes = 2.0 ** (-8 * np.arange(1, K + 1) / K)")
@pytest.mark.parametrize("K, N, d, m", [(4, 6, 3, 2), (1, 1, 2, 1), (3, 5, 1, 2), (8, 3, 2, 2)])
def test_alibi(student, rng, K, N, d, m):
    q, k, v = rng.normal(size=(K, N, d)), rng.normal(size=(K, N, d)), rng.normal(size=(K, N, m))
    expected = np.zeros((K, N, m))
    for h in range(K):
        for i, row in enumerate(products(q[h], k[h])):
            s = [row[j] - 2 ** (-8 * (h + 1) / K) * (i - j) for j in range(i + 1)]
            expected[h, i] = one_query(s, v[h, :i + 1])[1]
    assert_close(student.call("alibi", q, k, v), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("phi(q_i) stands before both sums.", "running sums of the (d, m) tables phi(k_j) v_j', and of phi(k_j)",
                  "np.cumsum(k[:, :, None] * v[:, None, :], axis=0)")
@pytest.mark.parametrize("N, d, m", [(6, 3, 2), (1, 1, 1), (5, 2, 4), (20_000, 3, 2)])
def test_linear_attention(student, rng, N, d, m):
    q, k, v = rng.normal(size=(N, d)), rng.normal(size=(N, d)), rng.normal(size=(N, m)) + 1
    y = student.call("linear_attention", q, k, v)
    phi = lambda a: np.where(a > 0, a + 1, np.exp(np.minimum(a, 0)))
    some = np.arange(N) if N < 100 else np.sort(rng.choice(N, size=30, replace=False))
    expected = np.zeros((len(some), m))
    for row, i in enumerate(some):
        shares = phi(k[:i + 1]) @ phi(q[i])
        expected[row] = shares @ v[:i + 1] / shares.sum()
    assert isinstance(y, np.ndarray) and y.shape == (N, m), f"return an array ({N}, {m})"
    assert_close(y[some], expected, rtol=1e-8, atol=1e-11, name="the answer" if N < 100 else "30 of the rows")


@pytest.mark.points(3)
@pytest.mark.hint("Layer 1: place t asks for place t - 1. Layer 2: a symbol asks for it in the third part.",
                  "large numbers make a softmax choose; a smaller one, growing with the place, breaks its ties",
                  "Q1[place t, t - 1] = K1[place t, t] = 100")
@pytest.mark.parametrize("S, T", [(4, 10), (6, 16), (2, 5)])
def test_induction_head(student, rng, S, T):
    n = 3 * S + T
    found = parts(student.call("induction_head", S, T), "Q1", "K1", "V1", "Q2", "K2", "V2")
    for name, array in found.items():
        good = isinstance(array, np.ndarray) and array.ndim == 2 and len(array) == n and array.dtype.kind in "fi"
        assert good, f"{name} must be an array with {n} rows"
        assert np.all(np.isfinite(array)) and np.abs(array).max(initial=0) < 1e8, f"{name} must hold finite numbers below 1e8"
    for layer in "12":
        columns = found["Q" + layer].shape[1], found["K" + layer].shape[1]
        assert columns[0] == columns[1], f"Q{layer} and K{layer} must have as many columns, got {columns[0]} and {columns[1]}"
        assert found["V" + layer].shape == (n, n), f"V{layer} must be an array ({n}, {n})"
    x = rng.integers(S, size=(1000, T))
    before = [[t for t in range(T - 1) if row[t] == row[-1]] for row in x]
    asked = [i for i in range(1000) if before[i]]
    answers = np.array([x[i, before[i][-1] + 1] for i in asked])
    h = np.zeros((len(asked), T, n))
    h[:, :, :S] = np.eye(S)[x[asked]]
    h[:, np.arange(T), S + np.arange(T)] = 1
    for layer in "12":
        s = h @ found["Q" + layer] @ np.swapaxes(h @ found["K" + layer], 1, 2)
        s = np.where(np.tri(T, dtype=bool), s, -np.inf)
        e = np.exp(s - s.max(axis=2, keepdims=True))
        h = h + e / e.sum(axis=2, keepdims=True) @ (h @ found["V" + layer])
    last = np.sort(h[:, -1, 2 * S + T:], axis=1)
    assert np.mean(last[:, -1] > last[:, -2] + 1e-9) > 0.9, "no number of the fourth part is the largest: most answers are ties"
    right = np.mean(h[:, -1, 2 * S + T:].argmax(axis=1) == answers)
    assert right >= 0.99, f"{right:.1%} of the answers are right; 99 % are asked for"
