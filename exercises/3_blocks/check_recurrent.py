"""Checks of the exercise on recurrent blocks. The student's code runs in a worker; what is expected is computed afterwards."""
import math

import numpy as np
import pytest

from edugen.grading import assert_close, parts

SIZES = [(5, 3, 4), (1, 2, 1), (7, 1, 2)]                # T, n, m


def sigma(a):
    return 1 / (1 + math.exp(-a))


def weigh(values, column):
    return sum(float(v) * float(w) for v, w in zip(values, column, strict=True))


def plain_states(x, h, W, b):
    """Number by number: [h_0, h_1, ..., h_T]."""
    found = [[float(v) for v in h]]
    for item in x:
        together = [*item, *found[-1]]
        found.append([math.tanh(weigh(together, W[:, j]) + b[j]) for j in range(len(b))])
    return np.array(found)


def slope_of_step(x, h, W, b):
    """[d new_j / d h_i] and d new_j / d a_j of one step, for any state before it."""
    new = plain_states(x[None], h, W, b)[1]
    through = 1 - new ** 2
    return W[len(x):] * through, through


def by_each_loss(g, x, h, W, b, k):
    """Gradients in W, b and h_0: each loss by itself follows the chain rule forward from every use of W it may see."""
    before, by_W, by_b, by_h = plain_states(x, h, W, b), np.zeros_like(W), np.zeros_like(b), np.zeros_like(h)
    steps = [slope_of_step(x[t], before[t], W, b) for t in range(len(x))]
    for t in range(len(x)):
        for s in range(max(0, t - k + 1), t + 1):
            J = np.eye(len(h))                            # d h_t / d h_s+1
            for between in range(s + 1, t + 1):
                J = J @ steps[between][0]
            owed = (J @ g[t]) * steps[s][1]
            by_b += owed
            for i, v in enumerate([*x[s], *before[s]]):
                by_W[i] += v * owed
        if k > t:
            J = np.eye(len(h))
            for between in range(t + 1):
                J = J @ steps[between][0]
            by_h += J @ g[t]
    return {"by_W": by_W, "by_b": by_b, "by_h": by_h}


@pytest.mark.points(2)
@pytest.mark.hint("Both gates first, then the candidate, then the mixture.", "Cho (3.20), (3.21), (3.22), (3.19)",
                  "r = 1 / (1 + np.exp(-(x @ W[:, :m] + h @ U[:, :m] + b[:m])))")
@pytest.mark.parametrize("n, m", [(3, 4), (1, 1), (4, 2)])
def test_gru_step(student, rng, n, m):
    x, h, W, U, b = (rng.normal(size=size) for size in ((n,), (m,), (n, 3 * m), (m, 3 * m), (3 * m,)))
    found = student.call("gru_step", x, h, W, U, b)
    r, u = ([sigma(weigh(x, W[:, k * m + j]) + weigh(h, U[:, k * m + j]) + b[k * m + j]) for j in range(m)] for k in (0, 1))
    reset = [r[j] * h[j] for j in range(m)]
    candidate = [math.tanh(weigh(x, W[:, 2 * m + j]) + weigh(reset, U[:, 2 * m + j]) + b[2 * m + j]) for j in range(m)]
    assert_close(found, np.array([u[j] * h[j] + (1 - u[j]) * candidate[j] for j in range(m)]), rtol=1e-9, atol=1e-12)


@pytest.mark.points(2)
@pytest.mark.hint("A loop over the items, with a state that goes along.", "np.concatenate([x_t, h]), in this order",
                  "h = np.tanh(np.concatenate([x_t, h]) @ W + b)")
@pytest.mark.parametrize("T, n, m", SIZES)
def test_states(student, rng, T, n, m):
    x, h, W, b = rng.normal(size=(T, n)), rng.normal(size=m), rng.normal(size=(n + m, m)), rng.normal(size=m)
    found = student.call("states", x, h, W, b)
    assert_close(found, plain_states(x, h, W, b)[1:], rtol=1e-9, atol=1e-12)


@pytest.mark.points(4)
@pytest.mark.hint("From the last step to the first: what comes back to a state, directly and from the next step?",
                  "a = (g[t] + carried) * (1 - states[t] ** 2), and what W and b get of it adds up over the steps",
                  "carried = W[n:] @ a")
@pytest.mark.parametrize("T, n, m", SIZES)
def test_through_time(student, rng, T, n, m):
    g, x, h = rng.normal(size=(T, m)), rng.normal(size=(T, n)), rng.normal(size=m)
    W, b = rng.normal(size=(n + m, m)), rng.normal(size=m)
    expected = by_each_loss(g, x, h, W, b, T)
    assert_close(parts(student.call("through_time", g, x, h, W, b), *expected), expected, rtol=1e-8, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("Unroll (3.19) with a constant u: what stands before the candidate of k steps ago?", "(1 - u) u^k",
                  "the derivative k u^(k-1) - (k+1) u^k is zero at u = k / (k + 1)")
@pytest.mark.parametrize("largest", [3.0, 1e4])
@pytest.mark.imports(by_hand=True)
def test_best_gate(student, rng, largest):
    k = np.concatenate([[0.0, 1.0], largest * rng.uniform(size=6)])
    found = parts(student.call("best_gate", k), "u", "weight")
    u = np.array([v / (1 + v) for v in k])
    weight = np.array([1.0 if v == 0 else math.exp(-v * math.log1p(1 / v)) / (1 + v) for v in k])
    assert_close(found, {"u": u, "weight": weight}, rtol=1e-10, atol=1e-13)


@pytest.mark.points(3)
@pytest.mark.hint("Each loss by itself: back from its step, k times or to the beginning.", "two loops, over t and back from it",
                  "for s in range(t, max(t - k, -1), -1):")
@pytest.mark.parametrize("T, n, m", [(6, 2, 3), (1, 1, 1), (9, 1, 2)])
@pytest.mark.parametrize("k", [1, 3, 20])
def test_exactly_k_back(student, rng, T, n, m, k):
    g, x, h = rng.normal(size=(T, m)), rng.normal(size=(T, n)), rng.normal(size=m)
    W, b = rng.normal(size=(n + m, m)), rng.normal(size=m)
    found = student.call("exactly_k_back", g, x, h, W, b, k)
    assert_close(found, by_each_loss(g, x, h, W, b, k)["by_W"], rtol=1e-8, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("As an LSTM, with P[k] * c added before three of the four nonlinearities.",
                  "i and f look at the old cell, o at the new one", "i, f, g, o = np.split(x_t @ W + h @ U + b, 4)")
@pytest.mark.parametrize("T, n, m", SIZES)
def test_peephole_lstm(student, rng, T, n, m):
    x, h, c = rng.normal(size=(T, n)), rng.normal(size=m), rng.normal(size=m)
    W, U, P, b = rng.normal(size=(n, 4 * m)), rng.normal(size=(m, 4 * m)), rng.normal(size=(3, m)), rng.normal(size=4 * m)
    found = parts(student.call("peephole_lstm", x, h, c, W, U, P, b), "states", "cells")
    states, cells = [list(h)], [list(c)]
    for item in x:
        new_h, new_c = [], []
        for j in range(m):
            a = [weigh(item, W[:, q * m + j]) + weigh(states[-1], U[:, q * m + j]) + b[q * m + j] for q in range(4)]
            old = cells[-1][j]
            new = sigma(a[1] + P[1, j] * old) * old + sigma(a[0] + P[0, j] * old) * math.tanh(a[2])
            new_c.append(new)
            new_h.append(sigma(a[3] + P[2, j] * new) * math.tanh(new))
        states.append(new_h)
        cells.append(new_c)
    assert_close(found, {"states": np.array(states[1:]), "cells": np.array(cells[1:])}, rtol=1e-9, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("Is at least one of item and last answer a one? Are both? The new answer is odd for yes and no.",
                  "a unit for each question: with s = 1 for a one, 0 for a zero, p = (h[0] - h[1]) / 2 is the last answer",
                  "the first unit is tanh(20 * (s + p - 0.5)), the second tanh(20 * (s + p - 1.5))")
@pytest.mark.parametrize("side", [1, -1])
def test_parity_block(student, rng, side):
    low = float(rng.uniform(-2, 1))
    zero, one = (low, float(rng.uniform(low + 0.5, 2)))[::side]
    W, b, h, v, d = parts(student.call("parity_block", zero, one), "W", "b", "h", "v", "d").values()
    m = np.size(h)
    good = 1 <= m <= 8 and np.shape(W) == (1 + m, m) and all(np.shape(part) == (m,) for part in (b, h, v)) and np.ndim(d) == 0
    assert good, "return W (1 + m, m), b (m,), h (m,), v (m,) and a number d, with m of at most 8"
    assert all(np.all(np.isfinite(part)) for part in (W, b, h, v, d)), "not all of them are finite"
    bits = rng.integers(2, size=(40, 1000))
    bits[0], bits[1] = 0, 1
    state = np.broadcast_to(h, (40, m))
    right = np.zeros(bits.shape, bool)
    for t in range(bits.shape[1]):
        item = np.where(bits[:, t:t + 1] == 1, one, zero)
        state = np.tanh(np.concatenate([item, state], axis=1) @ W + b)
        right[:, t] = (state @ v + d > 0) == (bits[:, :t + 1].sum(axis=1) % 2 == 1)
    assert right.all(), f"{right.mean():.1%} of the answers are right, of the first ten steps' {right[:, :10].mean():.1%}"
