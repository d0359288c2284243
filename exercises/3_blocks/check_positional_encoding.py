"""Checks of the exercise on positions. The student's code runs in a worker; what is expected is computed afterwards."""
import cmath
import math

import numpy as np
import pytest

from edugen.grading import assert_close, parts

TERMS = "content_content", "position_content", "content_position", "position_position"


def turned(row, m, L):
    """A row of numbers as pairs in the complex plane, each turned by its angle at position m."""
    n, result = len(row), []
    for k in range(1, n // 2 + 1):
        z = complex(row[2 * k - 2], row[2 * k - 1]) * cmath.exp(1j * m * L ** (-2 * (k - 1) / n))
        result += [z.real, z.imag]
    return np.array(result)


@pytest.mark.points(2)
@pytest.mark.hint("Two dimensions share a frequency: one is its sine, the next one its cosine.", "(3.30), with d for i",
                  "angle = positions[:, None] / L ** ((d - d % 2) / n)")
@pytest.mark.parametrize("T, n", [(6, 8), (1, 1), (4, 5)])
def test_sinusoidal_table(student, rng, T, n):
    positions, L = rng.uniform(-20, 60, size=T), rng.uniform(5, 20000)
    expected = np.array([[math.sin(i / L ** (d / n)) if d % 2 == 0 else math.cos(i / L ** ((d - 1) / n)) for d in range(n)]
                         for i in positions])
    assert_close(student.call("sinusoidal_table", positions, n, L), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("Take the numbers of even and of odd index apart: they are the first and the second of each pair.", "(3.35)",
                  "np.stack([cos * a - sin * b, sin * a + cos * b], axis=-1)")
@pytest.mark.parametrize("T, n", [(5, 6), (1, 2), (3, 8)])
def test_rotate_pairs(student, rng, T, n):
    x, positions, L = rng.normal(size=(T, n)), rng.uniform(-20, 60, size=T), rng.uniform(5, 20000)
    expected = np.array([turned(row, m, L) for row, m in zip(x, positions, strict=True)])
    assert_close(student.call("rotate_pairs", x, positions, L), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("One function of two arrays, called four times.", "(3.32), with e_j for e_k",
                  "part = lambda a, b: (a @ W_q.T) @ (b @ W_k.T).T")
@pytest.mark.parametrize("T, n, d", [(5, 4, 3), (1, 2, 1), (3, 1, 4)])
def test_score_terms(student, rng, T, n, d):
    x, e, W_q, W_k = rng.normal(size=(T, n)), rng.normal(size=(T, n)), rng.normal(size=(d, n)), rng.normal(size=(d, n))
    found = parts(student.call("score_terms", x, e, W_q, W_k), *TERMS)
    expected = {name: np.zeros((T, T)) for name in TERMS}
    for i, j in np.ndindex(T, T):
        for name, (a, b) in zip(TERMS, ((x, x), (e, x), (x, e), (e, e)), strict=True):
            expected[name][i, j] = sum((W_q[c] @ a[i]) * (W_k[c] @ b[j]) for c in range(d))
    assert_close(found, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("Write the score as a sum over pairs, each a cosine and a sine of (j - i) times the pair's frequency.",
                  "each derivative in j brings the frequency down once more",
                  "same = q[0::2] * k[0::2] + q[1::2] * k[1::2]; cross = q[1::2] * k[0::2] - q[0::2] * k[1::2]")
@pytest.mark.parametrize("n", [2, 6, 16])
@pytest.mark.imports(by_hand=True)
def test_score_slopes(student, rng, n):
    q, k, (i, j), L = rng.normal(size=n), rng.normal(size=n), rng.uniform(-9, 30, size=2), rng.uniform(3, 500)
    found = parts(student.call("score_slopes", q, k, float(i), float(j), L), "first", "second")
    expected = {"first": 0.0, "second": 0.0}
    for c in range(n // 2):
        w = L ** (-2 * c / n)
        z = complex(q[2 * c], -q[2 * c + 1]) * complex(k[2 * c], k[2 * c + 1]) * cmath.exp(1j * (j - i) * w)
        expected["first"] += (1j * w * z).real
        expected["second"] += (-w * w * z).real
    assert_close(found, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.points(2)
@pytest.mark.hint("How far does a cosine fall?", "(T - 1) times the frequency may be pi, and not more",
                  "((T - 1) / math.pi) ** (n / (n - 2)), if that is above 1")
@pytest.mark.parametrize("n, low, high", [(4, 10, 100), (64, 100, 10000), (10, 2, 5), (6, 5, 20)])
@pytest.mark.imports(by_hand=True)
def test_smallest_base(student, rng, n, low, high):
    T = int(rng.integers(low, high))
    found = student.call("smallest_base", n, T)
    enough = lambda log_L: (T - 1) * math.exp(-log_L * (n - 2) / n) <= math.pi
    below, above = 0.0, 50.0
    for _ in range(200):
        middle = (below + above) / 2
        below, above = (below, middle) if enough(middle) else (middle, above)
    assert_close(found, 1.0 if enough(0.0) else math.exp(above), rtol=1e-10, name="L")


@pytest.mark.points(2)
@pytest.mark.hint("Two rotary encodings of half the size, side by side.", "the exponent's n is the size of a half",
                  "np.concatenate([rotate_pairs(x[:, :half], rows, L), ...], axis=1)")
@pytest.mark.parametrize("T, n", [(5, 8), (1, 4), (4, 12)])
def test_grid_rotation(student, rng, T, n):
    x, L = rng.normal(size=(T, n)), rng.uniform(5, 500)
    rows, columns = rng.uniform(-9, 30, size=(2, T))
    expected = np.array([np.concatenate([turned(x[t, :n // 2], rows[t], L), turned(x[t, n // 2:], columns[t], L)])
                         for t in range(T)])
    assert_close(student.call("grid_rotation", x, rows, columns, L), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(2)
@pytest.mark.hint("Which scores have a number of b in them?", "those of one diagonal: what comes to each of them adds up",
                  "np.trace(g, offset=r), for each distance r")
@pytest.mark.parametrize("T", [1, 2, 7])
def test_bias_backward(student, rng, T):
    g = rng.normal(size=(T, T)) + 0.5
    found = student.call("bias_backward", g)
    expected = np.zeros(2 * T - 1)
    for i in range(T):
        for j in range(T):
            expected[j - i + T - 1] += g[i, j]
    assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("The mean of cosines of evenly spaced frequencies has one peak, until it repeats.",
                  "let the slowest pair go half around in about T steps", "np.arange(K) + 0.5, times what?")
@pytest.mark.parametrize("low, high", [(400, 500), (700, 900), (1300, 1500)])
def test_own_frequencies(student, rng, low, high):
    K, T = int(rng.integers(16, 29)), int(rng.integers(low, high))
    omega = student.call("own_frequencies", K, T)
    assert isinstance(omega, np.ndarray) and omega.shape == (K,) and omega.dtype.kind in "fi", f"return an array of {K} numbers"
    assert np.all(np.isfinite(omega)), "not all of them are finite"
    likeness = [abs(math.fsum(math.cos(r * w) for w in omega)) / K for r in range(math.ceil(T / 8), T)]
    near, far = math.fsum(math.cos(w) for w in omega) / K, max(likeness)
    assert near >= 0.98, f"neighbors have a similarity of {near:.3f}, less than 0.98"
    where = math.ceil(T / 8) + likeness.index(far)
    assert far <= 0.2, f"at distance {where}, of {T} positions, the similarity is {far:.3f} in size, more than 0.2"
