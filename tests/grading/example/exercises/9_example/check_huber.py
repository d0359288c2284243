"""Checks of the example exercise: one of each kind that a check can be."""
import numpy as np
import pytest

from edugen.grading import StudentRaised, assert_close, assert_distribution, assert_gradient, assert_monotone


def cost(r, delta):
    return np.mean(np.where(np.abs(r) <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2)))


@pytest.mark.points(2)
@pytest.mark.hint("Two formulas, entry by entry.", "r^2 / 2 or delta (|r| - delta / 2)", "np.where(np.abs(r) <= delta, ...)")
@pytest.mark.parametrize("delta", [0.1, 1.0, 50.0])
def test_loss(student, rng, delta):
    r = 2 * rng.normal(size=30)
    assert_close(student.call("loss", r, delta), cost(r, delta), rtol=1e-12)


@pytest.mark.points(2)
@pytest.mark.hint("Differentiate r^2 / 2 and delta |r|; then what is inside.", "-clip(r, -delta, delta) x / N", "r = y - x @ w")
def test_gradient(student, rng):
    x, y, w = rng.normal(size=(20, 3)), 3 * rng.normal(size=20), rng.normal(size=3)
    r = y - x @ w
    slope = np.array([r_n if abs(r_n) <= 0.7 else 0.7 * np.sign(r_n) for r_n in r])
    assert_close(student.call("gradient", w, x, y, 0.7), -np.mean(slope[:, None] * x, axis=0), rtol=1e-11)


@pytest.mark.points(1)
@pytest.mark.hint("Your gradient and your loss should be of one mind.", "d loss(y - x @ w) / dw", "-x.T @ ...")
def test_gradient_is_that_of_the_loss(student, rng):
    x, w = rng.normal(size=(8, 2)), rng.normal(size=2)
    y = x @ w + np.array([0.1, -0.2, 0.3, 0.4, 2, -3, 4, 5])
    assert_gradient(lambda w: student.call("loss", y - x @ w, 1.0), lambda w: student.call("gradient", w, x, y, 1.0), w)


@pytest.mark.points(2)
@pytest.mark.hint("Where does the tangent cross zero?", "x - f(x) / f'(x)", "for _ in range(steps):")
@pytest.mark.parametrize("steps", [1, 2, 12])
def test_newton(student, rng, steps):
    a = rng.uniform(2, 9)
    z = 3.0
    for _ in range(steps):
        z = z - (z * z - a) / (2 * z)
    assert_close(student.call("newton", lambda z: z * z - a, lambda z: 2 * z, 3.0, steps), z, rtol=1e-13)


@pytest.mark.points(1)
@pytest.mark.hint("Return a function.", "v <- beta v + g", "def step(theta, g, v):")
def test_momentum(student, rng):
    step, (theta, g, v) = student.call("momentum", 0.1, 0.9), rng.normal(size=(3, 4))
    assert_close(step(theta, g, v), (theta - 0.1 * (0.9 * v + g), 0.9 * v + g), rtol=1e-13)


@pytest.mark.points(1)
@pytest.mark.hint("Let the arrays complain.", "v of another shape than g", "beta * v + g")
def test_momentum_refuses_shapes_that_do_not_fit(student, rng):
    step = student.call("momentum", 0.1, 0.9)
    assert_close(step(np.ones(3), np.ones(3), np.zeros(3))[0], np.full(3, 0.9), rtol=1e-13)
    with pytest.raises(StudentRaised) as caught:
        step(np.ones(3), np.ones(3), np.zeros(4))
    assert caught.value.type == "ValueError"


@pytest.mark.points(3)
@pytest.mark.hint("Turn a uniform number into the one you need.", "F^-1(u)", "u = rng.uniform(-1, 1, n)")
def test_sample_noise(student, rng):
    seed = int(rng.integers(2**31))
    x, y = student.call("sample_noise", 4000, seed), student.call("sample_noise", 4000, seed + 1)
    assert_distribution(x, cdf=lambda x: np.where(x < 0, 0.5 * np.exp(-np.abs(x)), 1 - 0.5 * np.exp(-np.abs(x))))
    assert_distribution(x, mean=0.0, cov=2.0, kurtosis=6.0)
    assert not np.any(np.isin(x, y)), "two seeds give the same draws"


@pytest.mark.points(3)
@pytest.mark.hint("Walk down.", "w <- w - lr g", "w = np.zeros(x.shape[1])")
def test_fit(student, rng):
    x, w = rng.normal(size=(100, 3)), 3 * rng.normal(size=3)
    y = x @ w
    y[:5] += 1000.0
    got, history = student.call("fit", x, y, 1.0, 300)
    assert_close(history[-1], cost(y - x @ got, 1.0), rtol=1e-9)
    assert_monotone(history, slack=1e-12, name="the loss")
    assert np.linalg.norm(got - w) < 0.2, "outliers still pull the weights away"     # the solution: below 0.13 on 200 seeds
