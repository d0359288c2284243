"""Checks of the exercise on descent. The student's code runs in a worker; what is expected is computed here, afterwards."""
import math

import numpy as np
import pytest

from edugen.grading import assert_close, parts


@pytest.mark.points(2)
@pytest.mark.hint("A chain of two links: the square, and the product with x_i.", "Cho (2.72)", "residuals = x @ theta - y")
@pytest.mark.parametrize("n, d", [(5, 3), (1, 2), (8, 1)])
def test_stochastic_gradients(student, rng, n, d):
    theta, x, y = rng.normal(size=d), rng.normal(size=(n, d)), 3 * rng.normal(size=n)
    expected = np.stack([(theta @ xi - yi) * xi for xi, yi in zip(x, y, strict=True)])
    assert_close(student.call("stochastic_gradients", theta, x, y), expected, rtol=1e-10)


@pytest.mark.points(2)
@pytest.mark.hint("A line through x, and a parabola on top of it.", "Cho (2.74)", "fx + d @ g + ...")
@pytest.mark.parametrize("p, d", [(4, 3), (1, 1), (6, 2)])
def test_descent_bound(student, rng, p, d):
    fx, g, ways, L = float(rng.normal()), rng.normal(size=d), rng.normal(size=(p, d)), float(rng.uniform(0.5, 5))
    expected = np.array([fx + sum(g * way) + L / 2 * sum(way * way) for way in ways])
    assert_close(student.call("descent_bound", fx, g, ways, L), expected, rtol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("One is about the mean of the gradients, the other about the mean of their squares.", "Cho (2.88)",
                  "mean = gradients.mean(axis=0)")
@pytest.mark.parametrize("n, d", [(6, 3), (2, 1), (9, 2)])
def test_sgd_terms(student, rng, n, d):
    gradients, alpha, L = rng.normal(size=(n, d)) + 0.5, float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.5, 5))
    mean = sum(gradients) / n
    a, b = alpha * sum(mean ** 2), alpha ** 2 * L / 2 * sum(sum(g ** 2) for g in gradients) / n
    assert_close(parts(student.call("sgd_terms", gradients, alpha, L), "a", "b"), {"a": a, "b": b}, rtol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("(a) is linear in alpha and (b) quadratic: where is the top of that parabola?", "(a) - (b) of Cho (2.88)",
                  "the derivative is |mean|^2 - alpha L E|g|^2")
@pytest.mark.parametrize("noise", [0.0, 1.0, 30.0])
@pytest.mark.imports(by_hand=True)
def test_best_noisy_step(student, rng, noise):
    gradients, L = rng.normal(size=4) + noise * rng.normal(size=(7, 4)), float(rng.uniform(0.1, 9))
    mean = gradients.mean(axis=0)
    expected = float(mean @ mean / (L * np.mean(np.sum(gradients ** 2, axis=1))))
    assert_close(student.call("best_noisy_step", gradients, L), expected, rtol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("The mean of all N rows is known for sure: so two rows drawn without replacement are a little opposed.",
                  "|mean|^2 + variance / B * (N - B) / (N - 1)", "variance = np.mean(np.sum((gradients - mean) ** 2, axis=1))")
@pytest.mark.parametrize("n, size", [(6, 1), (6, 6), (9, 4), (2, 1), (40, 20)])
@pytest.mark.imports(by_hand=True)
def test_minibatch_noise(student, rng, n, size):
    gradients = rng.normal(size=(n, 3)) * [1, 5, 0.2] + rng.normal(size=3)
    products = gradients @ gradients.T
    diagonal = np.trace(products)                   # by the chance that two given rows are both in the batch
    both = (products.sum() - diagonal) * size * (size - 1) / (n * (n - 1))
    expected = float((diagonal * size / n + both) / size ** 2)
    assert_close(student.call("minibatch_noise", gradients, size), expected, rtol=1e-9)


@pytest.mark.points(3)
@pytest.mark.hint("Nothing moves before the bound holds.", "Cho (2.82) with alpha = 1/L", "g = slope(theta); squared = g @ g")
@pytest.mark.parametrize("start", [0.01, 1.0, 500.0])
def test_find_step(student, rng, start):
    curvatures, theta, asked = rng.uniform(0.5, 20, size=3), rng.normal(size=3), []

    def f(p):
        asked.append(("f", *np.ravel(p)))
        return float(np.sum(curvatures * np.asarray(p) ** 2) / 2)

    def slope(p):
        asked.append(("slope", *np.ravel(p)))
        return curvatures * np.asarray(p)

    answer = parts(student.call("find_step", f, slope, theta, start), "theta", "L")
    g, L = curvatures * theta, start
    while np.sum(curvatures * (theta - g / L) ** 2) / 2 > np.sum(curvatures * theta ** 2) / 2 - g @ g / (2 * L):
        L *= 2
    assert_close(answer["L"], L, rtol=1e-12, name="L")
    assert_close(answer["theta"], theta - g / L, rtol=1e-10, name="theta")
    assert len(set(asked)) == len(asked), "a function was called twice at one point"


def heights(rates, L, seeds):
    """Mean height of the last tenth of SGD's runs, a step for each of the rates."""
    curvature, theta = np.array([L, L / 20]), np.full((len(seeds), 2), 10.0)
    noise = np.stack([np.random.default_rng(seed).normal(size=(len(rates), 2)) for seed in seeds], axis=1)
    total, tail = 0.0, len(rates) // 10
    for t, rate in enumerate(rates):
        theta = theta - rate * curvature * (theta - noise[t])
        if t >= len(rates) - tail:
            total += np.mean(np.sum(curvature * theta ** 2, axis=1)) / 2
    return total / tail


@pytest.mark.points(4)
@pytest.mark.hint("Long steps first, to arrive, and then shorter ones.", "1/t, once it has arrived: edugen.classification.Decay",
                  "np.minimum(0.5, c / (1 + t)) / L, with t = np.arange(steps)")
@pytest.mark.parametrize("case", [0, 1])
def test_falling_steps(student, rng, case):
    steps, L = int(rng.integers(3000, 6000)), float(10 ** rng.uniform(-2, 2))
    seeds = rng.integers(2 ** 31, size=20)
    rates = student.call("falling_steps", steps, L)
    assert isinstance(rates, np.ndarray) and rates.shape == (steps,), f"return an array ({steps},)"
    assert np.all(np.isfinite(rates)) and rates.min() >= 0 and rates.max() <= 1 / L, "steps lie between 0 and 1/L"
    best = min(heights(np.full(steps, constant / L), L, seeds) for constant in (1 / 2, 1 / 20))
    reached = heights(rates, L, seeds)
    assert reached <= best / 4, f"the last tenth is {reached / best:.3f} times as high as with the better constant step, not 0.25"
    assert math.isfinite(reached)
