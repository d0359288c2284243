"""Checks of the exercise on hyperparameters. The student's code runs in a worker; the expected is computed here, afterwards."""
import math

import numpy as np
import pytest
from scipy.special import erfc

from edugen.grading import assert_close, parts


def ridge(x, y, price):
    """Ridge regression as least squares with more rows."""
    n, d = x.shape
    rows = np.vstack([x / math.sqrt(n), math.sqrt(price) * np.eye(d)])
    return np.linalg.lstsq(rows, np.concatenate([y / math.sqrt(n), np.zeros(d)]), rcond=None)[0]


@pytest.mark.points(3)
@pytest.mark.hint("Learn with each price on the training data, and measure each on the validation data.",
                  "then once more, on both together", "A = x.T @ x / n + price * np.eye(d)")
@pytest.mark.parametrize("n, v, d", [(12, 30, 8), (30, 9, 3), (5, 5, 1)])
def test_tuned_ridge(student, rng, n, v, d):
    truth = rng.normal(size=d)
    x, x_val = rng.normal(size=(n, d)), rng.normal(size=(v, d))
    y, y_val = x @ truth + 2 * rng.normal(size=n), x_val @ truth + 2 * rng.normal(size=v)
    prices = 10 ** rng.uniform(-3, 2, size=9)
    risks = [np.mean((x_val @ ridge(x, y, price) - y_val) ** 2) for price in prices]
    price = float(prices[int(np.argmin(risks))])
    found = parts(student.call("tuned_ridge", x, y, x_val, y_val, prices), "price", "theta")
    assert_close(found["price"], price, rtol=1e-12, name="price")
    assert_close(found["theta"], ridge(np.vstack([x, x_val]), np.concatenate([y, y_val]), price), rtol=1e-8, name="theta")


def below(u):
    """The normal distribution function."""
    return erfc(-u / math.sqrt(2)) / 2


def density(u):
    return np.exp(-u * u / 2) / math.sqrt(2 * math.pi)


@pytest.mark.points(3)
@pytest.mark.hint("Integrate (best - r) times the normal density, up to best.",
                  "std (u Phi(u) + phi(u)), u = (best - mean) / std",
                  "where std is 0: max(0, best - mean)")
@pytest.mark.parametrize("sure", [0, 2])
def test_improvement(student, rng, sure):
    mean, std, best = rng.normal(size=6), 10 ** rng.uniform(-1.5, 1, size=6), float(rng.normal())
    std[:sure] = 0
    if sure:
        mean[:2] = best - 0.7, best + 0.7
    with np.errstate(all="ignore"):
        u = (best - mean) / std
        expected = np.where(std > 0, std * (u * below(u) + density(u)), np.maximum(0, best - mean))
        answer = student.call("improvement", mean, std, best)
    assert_close(answer, expected, rtol=1e-8, atol=1e-11)


@pytest.mark.points(2)
@pytest.mark.hint("A softmax.", "Cho (2.150): take the largest exponent away first", "a = beta * ei - alpha * distance")
@pytest.mark.parametrize("beta, alpha", [(0.0, 0.0), (3.0, 2.0), (1e6, 1e5)])
def test_chances(student, rng, beta, alpha):
    ei, distance = rng.random(7), rng.random(7)
    differences = (beta * (ei[:, None] - ei) - alpha * (distance[:, None] - distance)).astype(np.longdouble)
    with np.errstate(over="ignore"):
        expected = (1 / np.sum(np.exp(-differences), axis=1)).astype(float)
    assert_close(student.call("chances", ei, distance, beta, alpha), expected, rtol=1e-7, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("Differentiate A theta = b: A moves with the price, b does not.", "dA/d log price = price times the identity",
                  "-price * np.linalg.solve(A, theta)")
@pytest.mark.parametrize("n, d", [(12, 5), (4, 6), (20, 1)])
@pytest.mark.imports(by_hand=True)
def test_ridge_slope(student, rng, n, d):
    x, y, log_price = rng.normal(size=(n, d)), rng.normal(size=n), float(rng.uniform(-3, 2))
    left, s, right = np.linalg.svd(x, full_matrices=False)                       # each singular direction on its own
    price = math.exp(log_price)
    expected = -right.T @ (price * (s / n) / (s * s / n + price) ** 2 * (left.T @ y))
    assert_close(student.call("ridge_slope", x, y, log_price), expected, rtol=1e-7, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("A tail of the normal distribution, and the chain rule.",
                  "u = (best - margin - mean) / std; du/dmean = -1 / std",
                  "du/dstd = -u / std")
@pytest.mark.parametrize("margin", [0.0, 0.3])
@pytest.mark.imports(by_hand=True)
def test_probability_of_improvement(student, rng, margin):
    mean, std, best = rng.normal(size=5), 10 ** rng.uniform(-0.5, 0.5, size=5), float(rng.normal())
    u = (best - margin - mean) / std
    expected = {"p": below(u), "by_mean": -density(u) / std, "by_std": -u * density(u) / std}
    answer = student.call("probability_of_improvement", mean, std, best, margin)
    assert_close(parts(answer, *expected), expected, rtol=1e-8, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("A list of those that are left, and a loop while there is more than one.", "np.argsort(risks, kind='stable')",
                  "(len(left) + 1) // 2 go on")
@pytest.mark.parametrize("k", [1, 2, 7, 16])
def test_successive_halving(student, rng, k):
    budget, asked = int(rng.integers(1, 9)), []
    quality, slowness = rng.random(k), 20 * rng.random(k)
    curve = lambda which, steps: round(float(quality[which] + slowness[which] / (1 + steps)), 1)

    def train(which, steps):
        asked.append((int(which), int(steps)))
        return curve(int(which), int(steps))

    left, steps, expected = list(range(k)), budget, []
    while True:
        expected += [(which, steps) for which in left]
        if len(left) == 1:
            break
        left = sorted(left, key=lambda which: curve(which, steps))[:(len(left) + 1) // 2]
        if len(left) == 1:
            break
        steps *= 2
    found = parts(student.call("successive_halving", train, k, budget), "best", "cost")
    assert found["best"] == left[0], f"configuration {found['best']} is left, and should be {left[0]}"
    assert sorted(asked) == sorted(expected), f"{len(asked)} trainings were made, {len(expected)} are right; or other budgets"
    assert found["cost"] == sum(steps for _, steps in expected), f"the cost is {sum(steps for _, steps in expected)}"


def landscape(rng):
    """A smooth valley on the unit square, with slight waves; and its minimum on a fine grid."""
    center, tilt, waves = rng.uniform(0.15, 0.85, size=2), rng.uniform(1, 4, size=2), 3 * rng.normal(size=(3, 2))
    phases = rng.uniform(0, 6, size=3)
    f = lambda u: np.sum(tilt * (u - center) ** 2, axis=-1) + 0.03 * np.sum(np.sin(u @ waves.T + phases), axis=-1)
    side = np.linspace(0, 1, 201)
    return f, f(np.stack(np.meshgrid(side, side), axis=-1)).min()


@pytest.mark.points(3)
@pytest.mark.hint("What is low has low neighbors.",
                  "a Gaussian around the best so far, closer and closer; or a model of the risk",
                  "deviation = 0.3 * 0.85 ** len(tried)")
def test_next_trial(student, rng):
    gaps, blind = [], []
    for _ in range(16):
        f, least = landscape(rng)
        tried = rng.random((5, 2))
        risks = f(tried)
        for _ in range(25):
            u = student.call("next_trial", tried, risks, int(rng.integers(2 ** 31)))
            good = isinstance(u, np.ndarray) and u.shape == (2,) and np.all((u >= 0) & (u <= 1))
            assert good, f"return an array (2,) of numbers from 0 to 1, not {u!r}"
            tried, risks = np.vstack([tried, u]), np.append(risks, f(u))
        gaps.append(risks.min() - least)
        blind.append(np.mean([f(rng.random((30, 2))).min() for _ in range(50)]) - least)
    assert np.median(gaps) <= 0.12 * np.median(blind), \
        f"the median is {np.median(gaps) / np.median(blind):.2f} of what random trials reach, not 0.12"
