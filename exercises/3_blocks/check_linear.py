"""Checks of the exercise on the linear block. The student's code runs in a worker; what is expected is computed afterwards."""
import math

import numpy as np
import pytest
from scipy.special import erf

from edugen.grading import assert_close, parts


def by_examples(g, x, U, c, scale=1.0):
    """Gradients of a tanh layer, one example and one unit after the other."""
    by_U, by_c, by_x = np.zeros_like(U), np.zeros_like(c), np.zeros_like(x)
    for n in range(len(x)):
        for j in range(len(c)):
            a = sum(x[n, i] * U[i, j] for i in range(len(U))) + c[j]
            back = scale * g[n, j] / math.cosh(a) ** 2
            by_c[j] += back
            by_U[:, j] += back * x[n]
            by_x[n] += back * U[:, j]
    return {"by_U": by_U, "by_c": by_c, "by_x": by_x}


@pytest.mark.points(3)
@pytest.mark.hint("First through the tanh, then through the product.", "the slope of a tanh is 1 less its square",
                  "back = g * (1 - np.tanh(x @ U + c) ** 2)")
@pytest.mark.parametrize("sizes", [(5, 4, 3), (1, 2, 1), (3, 1, 4)])
def test_layer_backward(student, rng, sizes):
    count, n, m = sizes
    g, x, U, c = rng.normal(size=(count, m)), rng.normal(size=(count, n)), rng.normal(size=(n, m)), rng.normal(size=m)
    expected = by_examples(g, x, U, c)
    assert_close(parts(student.call("layer_backward", g, x, U, c), *expected), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.points(2)
@pytest.mark.hint("The mean square of a unit's input is n times the variance of a weight times that of the signal.",
                  "then the nonlinearity keeps its share: the product must be 1", "variance = 1 / (n * kept)")
@pytest.mark.parametrize("kept", [0.5, 1.0, 0.2])
def test_first_weights(student, rng, kept):
    n, m = int(rng.integers(100, 160)), int(rng.integers(220, 300))
    seeds = [int(s) for s in rng.integers(2 ** 31, size=2)]
    U, other = (student.call("first_weights", n, m, kept, seed) for seed in seeds)
    assert isinstance(U, np.ndarray) and U.shape == (n, m), f"return an array ({n}, {m})"
    assert not np.array_equal(U, other), "another seed gave the same weights"
    variance = 1 / (n * kept)
    assert abs(U.mean()) < 5 * math.sqrt(variance / U.size), "their mean is not 0"
    assert abs(np.mean(U ** 2) / variance - 1) < 0.06, f"their variance is {np.mean(U ** 2):.5f}, and should be {variance:.5f}"
    assert 2.7 < np.mean(U ** 4) / np.mean(U ** 2) ** 2 < 3.3, "they are not normal"


@pytest.mark.points(3)
@pytest.mark.hint("Two ways lead from x to y: their gradients add.", "one of the ways is the identity",
                  "by_x = g + scale * back @ U.T")
@pytest.mark.parametrize("count, n, scale", [(4, 3, 0.5), (1, 1, 2.0), (6, 2, -0.3)])
def test_residual_backward(student, rng, count, n, scale):
    g, x, U, c = rng.normal(size=(count, n)), rng.normal(size=(count, n)), rng.normal(size=(n, n)), rng.normal(size=n)
    expected = by_examples(g, x, U, c, scale)
    expected["by_x"] = expected["by_x"] + g
    assert_close(parts(student.call("residual_backward", g, x, U, c, scale), *expected), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("A product rule, twice.", "the derivative of the density phi(x) is -x phi(x)", "second = phi * (2 - x ** 2)")
@pytest.mark.parametrize("size", [1.0, 4.0])
@pytest.mark.imports(by_hand=True)
def test_gelu_slopes(student, rng, size):
    x = size * rng.normal(size=7)
    phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    expected = {"first": (1 + erf(x / math.sqrt(2))) / 2 + x * phi, "second": 2 * phi - x * x * phi}
    assert_close(parts(student.call("gelu_slopes", x), *expected), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("Write the layer out, and collect what stands beside x.", "U'((x - mean) / std) + c", "c - (mean / std) @ U")
@pytest.mark.parametrize("n, m", [(4, 3), (1, 1), (6, 2)])
@pytest.mark.imports(by_hand=True)
def test_without_normalization(student, rng, n, m):
    U, c, mean, std = rng.normal(size=(n, m)), rng.normal(size=m), 3 * rng.normal(size=n), 10 ** rng.uniform(-1, 1, size=n)
    found = parts(student.call("without_normalization", U, c, mean, std), "U", "c")
    for name, old in (("U", U), ("c", c)):
        assert np.shape(found[name]) == old.shape, f"{name} must be of shape {old.shape}, as before, got {np.shape(found[name])}"
    x = rng.normal(size=(20, n)) * std + mean
    assert_close(x @ found["U"] + found["c"], (x - mean) / std @ U + c, rtol=1e-8, atol=1e-9, name="the outputs")


@pytest.mark.points(3)
@pytest.mark.hint("One layer at a time: scale it, then go on with what it gives.", "np.sqrt(np.mean(np.maximum(0, h @ U) ** 2))",
                  "h = np.maximum(0, h @ scaled[-1])")
@pytest.mark.parametrize("depth", [1, 2, 6])
def test_weights_from_data(student, rng, depth):
    alive = False
    while not alive:                                                             # of few units all may be dead, now and then
        sizes = rng.integers(3, 9, size=depth + 1)
        x = h = 3 * rng.normal(size=(40, sizes[0])) + 1
        Us = [10 ** rng.uniform(-1, 1) * rng.normal(size=(a, b)) for a, b in zip(sizes, sizes[1:], strict=False)]
        for U in Us:
            h = np.maximum(0, h @ U)
        alive = np.any(h > 0)
    found = student.call("weights_from_data", x, Us)
    assert isinstance(found, list) and len(found) == depth, f"return a list of {depth} arrays"
    h = x
    for k, (U, scaled) in enumerate(zip(Us, found, strict=True)):
        size = math.sqrt(np.mean(np.maximum(0, h @ U) ** 2))
        assert_close(scaled, U / size, rtol=1e-8, name=f"layer {k}")
        h = np.maximum(0, h @ (U / size))


@pytest.mark.points(3)
@pytest.mark.hint("What keeps lengths exactly, in both directions?", "orthogonal matrices, times a number a little above 1",
                  "np.linalg.qr(rng.normal(size=(width, width)))[0]")
@pytest.mark.parametrize("depth", [5, 60])
def test_deep_stack(student, rng, depth):
    width = int(rng.integers(60, 100))
    Us, others = (student.call("deep_stack", depth, width, int(seed)) for seed in rng.integers(2 ** 31, size=2))
    good = isinstance(Us, list) and len(Us) == depth and all(np.shape(U) == (width, width) for U in Us)
    assert good, f"return a list of {depth} arrays ({width}, {width})"
    assert not np.array_equal(Us[0], others[0]), "another seed gave the same weights"
    values = [rng.normal(size=(50, width))]
    for U in Us:
        values.append(np.tanh(values[-1] @ U))
    active = np.mean(np.abs(values[1]) > 0.5)
    assert active >= 0.05, f"only {active:.1%} of the first layer's units are above 0.5 in size: it is nearly linear"
    root = lambda h: math.sqrt(np.mean(h ** 2))
    signal = [root(h) / root(values[0]) for h in values[1:]]
    told = f"size goes from {min(signal):.2g} to {max(signal):.2g} of its first"
    assert min(signal) > 0.2 and max(signal) < 5, "the signal's " + told
    g = [rng.normal(size=(50, width))]
    for U, h in zip(Us[::-1], values[:0:-1], strict=True):
        g.append((g[-1] * (1 - h ** 2)) @ U.T)
    back = [root(a) / root(g[0]) for a in g[1:]]
    assert min(back) > 0.2 and max(back) < 5, f"the gradient's size goes from {min(back):.2g} to {max(back):.2g} of its first"
