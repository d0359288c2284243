"""Checks of the exercise on convolution. The student's code runs in a worker; what is expected is computed afterwards."""
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal

from edugen.grading import assert_close, parts


@pytest.mark.points(3)
@pytest.mark.hint("At each place, compare what lies around it with the filter.",
                  "(3.15): put M zeros before and behind; then place t sees padded[:, t:t + 2M + 1]",
                  "padded = np.pad(x, ((0, 0), (M, M)))")
@pytest.mark.parametrize("d, K, M, T", [(2, 3, 1, 6), (1, 1, 0, 1), (3, 2, 2, 9), (2, 2, 3, 2)])
def test_correlate(student, rng, d, K, M, T):
    x, f = rng.normal(size=(d, T)), rng.normal(size=(K, d, 2 * M + 1))
    long = np.pad(x, ((0, 0), (M, M)))
    expected = np.stack([sum(signal.correlate(long[i], f[k, i], mode="valid") for i in range(d)) for k in range(K)])
    assert_close(student.call("correlate", x, f), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("Which outputs did x at place s take part in, and with which tap?",
                  "h at t takes x at t + m with tap m + M; so x at s gets from h at s - m, with the same tap",
                  "by_f[k, i, m + M] = sum of g[k, t] * padded[i, t + m + M] over t")
@pytest.mark.parametrize("d, K, M, T", [(2, 3, 1, 6), (1, 1, 0, 1), (3, 2, 2, 9), (2, 2, 3, 2)])
def test_correlate_backward(student, rng, d, K, M, T):
    g, x, f = rng.normal(size=(K, T)), rng.normal(size=(d, T)), rng.normal(size=(K, d, 2 * M + 1))
    expected = {"by_x": np.zeros((d, T)), "by_f": np.zeros(f.shape)}
    for k, i, t, m in np.ndindex(K, d, T, 2 * M + 1):
        s = t + m - M
        if 0 <= s < T:
            expected["by_x"][i, s] += g[k, t] * f[k, i, m]
            expected["by_f"][k, i, m] += g[k, t] * x[i, s]
    assert_close(parts(student.call("correlate_backward", g, x, f), *expected), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(2)
@pytest.mark.hint("Only one entry of a window had a part in what was kept.", "it gets all of the gradient, and the others none",
                  "windows = x.reshape(N, H // size, size, W // size, size)")
@pytest.mark.parametrize("N, rows, columns, size", [(2, 3, 2, 2), (1, 1, 1, 3), (3, 2, 4, 1), (2, 1, 2, 3)])
def test_max_pool_backward(student, rng, N, rows, columns, size):
    x, g = rng.normal(size=(N, rows * size, columns * size)) - 3, rng.normal(size=(N, rows, columns))
    expected = np.zeros(x.shape)
    for n, i, j in np.ndindex(g.shape):
        window = x[n, i * size:(i + 1) * size, j * size:(j + 1) * size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        expected[n, i * size + a, j * size + b] = g[n, i, j]
    assert_close(student.call("max_pool_backward", g, x, size), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.points(2)
@pytest.mark.hint("From the first block to the last: how far apart, in the input, are neighbors of what comes to a block?",
                  "a block adds dilation (taps - 1) of those steps to what is seen; then the step grows by the stride",
                  "seen, step = 1, 1, then for each block: seen += step * dilation * (taps - 1); step *= stride")
@pytest.mark.parametrize("L", [1, 2, 3, 4])
def test_reach(student, rng, L):
    taps, dilations, strides = 2 * rng.integers(0, 3, size=L) + 1, rng.integers(1, 4, size=L), rng.integers(1, 4, size=L)
    sees = lambda outputs: sorted(_seen(outputs, taps, dilations, strides))
    here, next_one = sees({0}), sees({1})
    expected = {"seen": here[-1] - here[0] + 1, "step": next_one[0] - here[0]}
    found = parts(student.call("reach", taps, dilations, strides), *expected)
    assert all(np.ndim(value) == 0 for value in found.values()), "return two numbers"
    assert_close(found, expected, rtol=1e-12)


def _seen(places, taps, dilations, strides):
    """Places of the input that outputs depend on, by walking back block by block."""
    for k, a, s in list(zip(taps, dilations, strides, strict=True))[::-1]:
        places = {int(p * s + a * m) for p in places for m in range(-(k // 2), k // 2 + 1)}
    return places


@pytest.mark.points(3)
@pytest.mark.hint("What is the derivative of a log of a sum of exponentials?",
                  "by_x is a softmax of b x; by_b has two parts, as b stands in two places",
                  "by_b = (p @ x - y) / b, with y computed from b x - max(b x)")
@pytest.mark.parametrize("n, b", [(5, 1.3), (1, 0.7), (4, 4000.0), (7, 0.2)])
@pytest.mark.imports(by_hand=True)
def test_soft_pool_slopes(student, rng, n, b):
    x = rng.normal(size=n)
    top = max(x)
    weights = [np.exp(b * (v - top)) for v in x]
    p = np.array(weights) / sum(weights)
    y = top + np.log(sum(weights) / n) / b
    expected = {"by_x": p, "by_b": (sum(a * v for a, v in zip(p, x, strict=True)) - y) / b}
    assert_close(parts(student.call("soft_pool_slopes", x, b), *expected), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.points(2)
@pytest.mark.hint("Nine shifted copies of the image, each times a number a channel, are the first step.",
                  "padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))", "np.einsum('kc,nchw->nkhw', point, filtered)")
@pytest.mark.parametrize("N, C, K, H, W", [(2, 3, 4, 5, 4), (1, 1, 1, 1, 1), (1, 2, 5, 3, 6)])
def test_separable(student, rng, N, C, K, H, W):
    x, depth, point = rng.normal(size=(N, C, H, W)), rng.normal(size=(C, 3, 3)), rng.normal(size=(K, C))
    whole = point[:, :, None, None] * depth                                  # one convolution with all filters (K, C, 3, 3)
    expected = np.zeros((N, K, H, W))
    for n, k in np.ndindex(N, K):
        expected[n, k] = sum(signal.correlate2d(x[n, c], whole[k, c], mode="same") if min(H, W) >= 3 else
                             signal.correlate2d(np.pad(x[n, c], 1), whole[k, c], mode="valid") for c in range(C))
    assert_close(student.call("separable", x, depth, point), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(2)
@pytest.mark.hint("Add up all patches where they lie, and count how many lie there.", "divide the sums by the counts",
                  "total[i * stride:i * stride + k, j * stride:j * stride + k] += patches[i, j]")
@pytest.mark.parametrize("n, m, k, stride", [(3, 2, 3, 1), (2, 3, 2, 2), (1, 1, 4, 3), (3, 3, 5, 2)])
def test_together(student, rng, n, m, k, stride):
    patches = rng.normal(size=(n, m, k, k))
    over = {}
    for i, j, a, b in np.ndindex(patches.shape):
        over.setdefault((i * stride + a, j * stride + b), []).append(patches[i, j, a, b])
    expected = np.zeros(((n - 1) * stride + k, (m - 1) * stride + k))
    for place, values in over.items():
        expected[place] = sum(values) / len(values)
    assert_close(student.call("together", patches, stride), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("If you knew where it is, you could average it. If you knew it, you could find where it is.",
                  "begin with a patch of an image with label 1; find the best place in each, average the patches there, again",
                  "sliding_window_view(x, (5, 5), axis=(1, 2)) has all patches; try several beginnings, keep the best")
@pytest.mark.parametrize("turn", range(2))
def test_detector(student, rng, turn):
    pattern = rng.normal(size=(5, 5))
    pattern *= 1.5 / np.sqrt(np.mean(pattern ** 2))

    def some(count):
        x, y = rng.normal(size=(count, 16, 16)), rng.integers(0, 2, size=count)
        for image, label in zip(x, y, strict=True):
            i, j = rng.integers(0, 12, size=2)
            image[i:i + 5, j:j + 5] += label * pattern
        return x, y

    found = parts(student.call("detector", *some(300)), "f", "threshold")
    f, threshold = found["f"], found["threshold"]
    assert np.shape(f) == (5, 5) and np.ndim(threshold) == 0, "return an array (5, 5) and a number"
    assert np.all(np.isfinite(f)) and np.isfinite(threshold), "they must be finite"
    x, y = some(400)
    largest = np.einsum("nijab,ab->nij", sliding_window_view(x, (5, 5), axis=(1, 2)), f).max(axis=(1, 2))
    right = np.mean((largest > threshold) == y)
    assert right >= 0.9, f"{right:.1%} of 400 new images are right; 90 % are asked for"
