"""Checks of the exercise on optimizers. The student's code runs in a worker; what is expected is computed here, afterwards."""
import math

import numpy as np
import pytest

from edugen.grading import assert_close, parts

STEPS = 6


def stream(rng, shape):
    """Gradients of very different sizes, some of them zero at first."""
    g = rng.normal(size=(STEPS, *shape)) * 10.0 ** rng.integers(-2, 3, size=shape)
    if g[0].size > 1:
        g[0].flat[0] = 0.0
    return g


def same(answer, expected, names):
    assert_close(parts(answer, *names), dict(zip(names, expected, strict=True)), rtol=1e-8, atol=1e-13)


@pytest.mark.points(2)
@pytest.mark.hint("The gradients are summed up in u, the older the less.", "theta takes the new u", "u = mu * u + g")
@pytest.mark.parametrize("shape, mu", [((3,), 0.9), ((2, 4), 0.5), ((5,), 0.0), ((1,), 0.99)])
def test_momentum_step(student, rng, shape, mu):
    theta, u = rng.normal(size=shape), rng.normal(size=shape)
    for g in stream(rng, shape):
        answer = student.call("momentum_step", theta, g, u, 0.03, mu)
        u = mu * u + g
        theta = theta - 0.03 * u
        same(answer, (theta, u), ("theta", "u"))


@pytest.mark.points(2)
@pytest.mark.hint("This gradient's square is summed up before the division.", "Cho (2.91), with a minus", "s = s + g ** 2")
@pytest.mark.parametrize("shape", [(3,), (2, 4), (1,)])
def test_adagrad_step(student, rng, shape):
    theta, s = rng.normal(size=shape), np.zeros(shape)
    for g in stream(rng, shape):
        answer = student.call("adagrad_step", theta, g, s, 0.3, 1e-3)
        s = s + g * g
        theta = theta - 0.3 * g / (np.sqrt(s) + 1e-3)
        same(answer, (theta, s), ("theta", "s"))


def adam_trace(student, rng, shape, name, decay=None):
    theta, m, v = rng.normal(size=shape), np.zeros(shape), np.zeros(shape)
    extra = () if decay is None else (decay,)
    for t, g in enumerate(stream(rng, shape), 1):
        answer = student.call(name, theta, g, m, v, t, 0.02, 0.8, 0.95, 1e-3, *extra)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g * g
        step = m / (1 - 0.8 ** t) / (np.sqrt(v / (1 - 0.95 ** t)) + 1e-3)
        theta = theta - 0.02 * step - 0.02 * (decay or 0.0) * theta
        same(answer, (theta, m, v), ("theta", "m", "v"))


@pytest.mark.points(4)
@pytest.mark.hint("The weights of an average that began at zero sum to less than one.",
                  "Cho (2.92), (2.94), (2.95); divide by 1 - beta ** t",
                  "m = beta_m * m + (1 - beta_m) * g")
@pytest.mark.parametrize("shape", [(3,), (2, 4), (1,)])
def test_adam_step(student, rng, shape):
    adam_trace(student, rng, shape, "adam_step")


@pytest.mark.points(3)
@pytest.mark.hint("The eigenvalues solve z^2 - (1 + mu - lr h) z + mu = 0: when are both the same?",
                  "1 + mu - lr h = 2 sqrt(mu) at h = low, and -2 sqrt(mu) at h = high",
                  "then sqrt(lr low) = 1 - sqrt(mu), and sqrt(lr high) = 1 + sqrt(mu)")
@pytest.mark.parametrize("condition", [1.0, 2.0, 50.0, 1e4])
@pytest.mark.imports(by_hand=True)
def test_best_momentum(student, rng, condition):
    low = float(10 ** rng.uniform(-2, 1))
    high = low * condition * (1 if condition == 1 else float(rng.uniform(1, 1.5)))
    lr, mu = (2 / (math.sqrt(low) + math.sqrt(high))) ** 2, ((math.sqrt(high / low) - 1) / (math.sqrt(high / low) + 1)) ** 2
    answer = parts(student.call("best_momentum", low, high), "lr", "mu")
    assert_close(answer["lr"], lr, rtol=1e-9, name="lr")
    assert_close(answer["mu"], mu, rtol=1e-9, atol=1e-12, name="mu")


@pytest.mark.points(3)
@pytest.mark.hint("Two things happen to theta, and neither knows of the other.", "theta <- (1 - lr decay) theta, and Adam's step",
                  "theta = (1 - lr * decay) * theta")
@pytest.mark.parametrize("shape, decay", [((3,), 0.5), ((2, 4), 3.0)])
def test_adamw_step(student, rng, shape, decay):
    adam_trace(student, rng, shape, "adamw_step", decay)


@pytest.mark.points(2)
@pytest.mark.hint("v itself goes on as in Adam; the step uses its record.", "largest_t = max(largest_{t-1}, v_t)",
                  "largest = np.maximum(largest, v)")
@pytest.mark.parametrize("shape", [(3,), (2, 4)])
def test_amsgrad_step(student, rng, shape):
    theta, m, v, largest = rng.normal(size=shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for g in stream(rng, shape)[[2, 0, 1, 3, 4]] * np.array([10, 1, 0.1, 0.1, 1]).reshape(5, *[1] * len(shape)):
        answer = student.call("amsgrad_step", theta, g, m, v, largest, 0.02, 0.8, 0.6, 1e-3)
        m, v = 0.8 * m + 0.2 * g, 0.6 * v + 0.4 * g * g
        largest = np.maximum(largest, v)
        theta = theta - 0.02 * m / (np.sqrt(largest) + 1e-3)
        same(answer, (theta, m, v, largest), ("theta", "m", "v", "largest"))


def paid(slopes, beta_v):
    """What Adam and SGD pay more than the best place, -1."""
    adam = sgd = v = 0.0
    costs = [0.0, 0.0]
    for t, c in enumerate(slopes.tolist(), 1):
        costs[0] += c * (adam + 1)
        costs[1] += c * (sgd + 1)
        v = beta_v * v + (1 - beta_v) * c * c
        lr = 0.5 / math.sqrt(t)
        adam = min(max(adam - (lr * c / math.sqrt(v) if v else 0.0), -1.0), 1.0)
        sgd = min(max(sgd - lr * c, -1.0), 1.0)
    return costs


@pytest.mark.points(4)
@pytest.mark.hint("Slopes c, -1, -1, ..., -1 in a period of n: which c makes the mean positive?",
                  "Adam's large step is about 1 / sqrt(1 - beta_v); then v falls by a factor beta_v a round, until near 1",
                  "slopes = np.full(rounds, -1.0); slopes[::period] = c, and try how long a period beta_v asks for")
@pytest.mark.parametrize("beta_v", [0.1, 0.5, 0.8])
def test_hard_stream(student, rng, beta_v):
    rounds = int(rng.integers(2000, 4000))
    beta_v = beta_v + float(rng.uniform(-0.05, 0.05))
    largest = 2 + 2 / (1 - beta_v)
    slopes = student.call("hard_stream", beta_v, rounds)
    assert isinstance(slopes, np.ndarray) and slopes.shape == (rounds,), f"return an array ({rounds},)"
    assert np.all(np.isfinite(slopes)) and np.abs(slopes).max() <= largest, f"slopes of a size of at most {largest:.3f}"
    assert slopes.mean() >= 0.01, f"the best place must be -1: the mean of the slopes is {slopes.mean():.4f}, not at least 0.01"
    adam, sgd = paid(slopes, beta_v)
    assert adam >= rounds / 5, (f"with beta_v = {beta_v:.3f} Adam paid {adam:.1f} more than the best place, "
                                f"not at least {rounds / 5:.0f}")
    assert sgd <= adam / 2, f"SGD paid {sgd:.1f} more than the best place, more than half of Adam's {adam:.1f}"
