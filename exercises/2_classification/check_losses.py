"""Checks of the exercise on losses. The student's code runs in a worker; what is expected is computed here, afterwards."""
import numpy as np
import pytest

from edugen.grading import assert_close


def softplus(z):
    """log(1 + exp(z)), for complex z too."""
    return np.where(z.real > 0, z, 0) + np.log(1 + np.exp(np.where(z.real > 0, -z, z)))


def gap(energies, y):
    """Energy of the true category less the lowest other one, one input at a time."""
    return np.array([e[k] - min(np.delete(e, k), key=np.real) for e, k in zip(energies, y)])


@pytest.mark.points(2)
@pytest.mark.hint("Which category does each row predict, and how often is that not y?", "Cho (2.6), then (2.8)",
                  "np.argmin(energies, axis=1)")
@pytest.mark.parametrize("n, k", [(40, 3), (7, 10), (25, 2)])
def test_error_rate(student, rng, n, k):
    energies, y = rng.integers(0, 6, (n, k)).astype(float), rng.integers(0, k, n)       # integers: many ties
    expected = sum(e.tolist().index(min(e)) != t for e, t in zip(energies, y)) / n
    assert_close(student.call("error_rate", energies, y), expected, rtol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("The best wrong category: the lowest energy once the true one is out of the way.", "Cho (2.10), then (2.12)",
                  "others = energies.copy(); others[np.arange(len(y)), y] = np.inf")
@pytest.mark.parametrize("m", [0.0, 0.7, 3.0])
def test_margin_loss(student, rng, m):
    energies, y = 2 * rng.normal(size=(30, 4)), rng.integers(0, 4, 30)
    assert_close(student.call("margin_loss", energies, y, m), np.maximum(0, m + gap(energies, y)), rtol=1e-12, atol=1e-14)


@pytest.mark.points(3)
@pytest.mark.hint("Only two rows of W move: which, and which way?", "Cho (2.42) and (2.45)", "W, b = W.copy(), b.copy()")
def test_perceptron_step(student, rng):
    for trial in range(12):
        W, b, x = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3)
        predicted, eta = int(np.argmax(W @ x + b)), float(rng.uniform(0.2, 3.0))
        y = predicted if trial % 3 == 2 else int((predicted + rng.integers(1, 4)) % 4)
        expected = W.copy(), b.copy()
        if y != predicted:
            for k, sign in ((y, 1), (predicted, -1)):
                expected[0][k] += sign * eta * x
                expected[1][k] += sign * eta
        assert_close(student.call("perceptron_step", W, b, x, y, eta), expected, rtol=1e-12, atol=1e-14,
                     name="no step, as the prediction is right" if y == predicted else "a step from a mistake")


@pytest.mark.points(4)
@pytest.mark.hint("The chain rule: the derivative of log(1 + exp(z)) is a function between 0 and 1.",
                  "Cho (2.37), with that function in place of its two cases, then (2.40) and (2.41)",
                  "s = 1 / (1 + np.exp(-gamma * (m + true - other)))")
@pytest.mark.parametrize("gamma, scale", [(1.0, 1.0), (6.0, 0.5), (1e4, 5.0)])
@pytest.mark.imports(by_hand=True)
def test_soft_margin_gradient(student, rng, gamma, scale):
    W, b, x, y = scale * rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(9, 3)), rng.integers(0, 4, 9)

    def loss(W, b):
        return np.mean(softplus(gamma * (0.8 + gap(-(x @ W.T + b), y)))) / gamma

    expected, step = (np.zeros((4, 3)), np.zeros(4)), 1e-30j             # exact to rounding, so differences do not pass
    for i in np.ndindex(W.shape):
        W_i = W.astype(complex)
        W_i[i] += step
        expected[0][i] = loss(W_i, b).imag / 1e-30
    for i in range(4):
        expected[1][i] = loss(W, b + step * np.eye(4)[i]).imag / 1e-30
    assert_close(student.call("soft_margin_gradient", W, b, x, y, 0.8, gamma), expected, rtol=1e-11,
                 atol=1e-13 * max(gamma, 1))                             # gamma magnifies the rounding of the energies


@pytest.mark.points(4)
@pytest.mark.hint("Keep two sets of parameters: the perceptron's own, and the sum of all it has been.",
                  "Cho (2.42) and (2.45); the mean is taken after every example, not after every mistake",
                  "W_sum += W; b_sum += b")
@pytest.mark.parametrize("n_epochs", [1, 4])
def test_averaged_perceptron(student, rng, n_epochs):
    x, y = rng.normal(size=(30, 3)), rng.integers(0, 3, 30)
    theta, total = np.zeros((3, 4)), np.zeros((3, 4))                    # the bias as a fourth weight, of an input that is 1
    for features, k in list(zip(np.c_[x, np.ones(30)], y)) * n_epochs:
        predicted = np.argmax(theta @ features)
        if predicted != k:
            theta[k] += features
            theta[predicted] -= features
        total += theta / (30 * n_epochs)
    assert_close(student.call("averaged_perceptron", x, y, 3, n_epochs), (total[:, :3], total[:, 3]), rtol=1e-9, atol=1e-12)


@pytest.mark.points(4)
@pytest.mark.timeout(30)
@pytest.mark.hint("Good parameters have better ones near them; where it gets stuck, begin again somewhere else.",
                  "Keep the best so far and change a part of it, the row of one category, a little or a lot.",
                  "if (new := loss(W_new, b_new)) <= least: W, b, least = W_new, b_new, new")
def test_black_box(student, rng):
    centers = 4 * np.linalg.qr(rng.normal(size=(6, 6)))[0][:5]
    y, calls = np.arange(200) % 5, []
    x = centers[y] + rng.normal(size=(200, 6))

    def loss(W, b):
        W, b = np.asarray(W, dtype=float), np.asarray(b, dtype=float)
        if W.shape != (5, 6) or b.shape != (5,):
            raise ValueError(f"loss takes W of shape (5, 6) and b of shape (5,), got {W.shape} and {b.shape}")
        calls.append(1)
        if len(calls) > 1000:
            raise RuntimeError("this was call 1001, and 1000 are allowed")
        return float(np.mean(np.argmax(x @ W.T + b, axis=1) != y))

    answer = student.call("black_box", loss, np.zeros((5, 6)), np.zeros(5), 1000, int(rng.integers(2**31)))
    assert_close([np.shape(part) for part in answer] if isinstance(answer, (tuple, list)) else answer, [(5, 6), (5,)],
                 name="the shapes of W and b")
    W, b = answer
    assert np.all(np.isfinite(W)) and np.all(np.isfinite(b)), "W and b must be finite"
    error = np.mean(np.argmax(x @ W.T + b, axis=1) != y)
    # the solution: at most 0.05 on 200 seeds; 1000 tries at random: at least 0.15 on 100
    assert error <= 0.08, f"an error of {error:.3f} after {len(calls)} calls, and 0.08 was asked"
