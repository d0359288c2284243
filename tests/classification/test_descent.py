"""The descent lemma on functions whose curvature is known, its proof line by line, and the noise of SGD in closed form."""
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from edugen import grad, hessian
from edugen.classification import (
    SGD,
    Adam,
    Decay,
    best_step,
    check_smoothness,
    curvature_needed,
    descend,
    example_gradients,
    expected_progress,
    guaranteed_progress,
    play,
    smoothness,
    upper_bound,
)


def logistic(x, y):
    """The mean logistic loss, and the least constant L that it has: at zero, where sigmoid' is 1/4."""
    return lambda theta: np.mean(np.logaddexp(0, -y * (x @ theta))), np.linalg.eigvalsh(x.T @ x / len(x) / 4)[-1]


@pytest.fixture
def sample(rng):
    return rng.normal(size=(40, 3)) * [1, 2, 0.5], rng.choice([-1.0, 1.0], size=40)


@pytest.fixture
def quadratic(rng):
    """f_i = (x_i theta - y_i)^2 / 2: losses (N,), their mean f, its Hessian, its minimum."""
    x = rng.normal(size=(30, 3)) * [1, 2, 0.5]
    y = x @ np.array([1.0, -1.0, 2.0]) + rng.normal(size=30)
    losses = lambda theta: (x @ theta - y) ** 2 / 2
    return losses, lambda theta: np.mean(losses(theta)), x.T @ x / 30, np.linalg.lstsq(x, y, rcond=None)[0]


# Decomposed -------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.68", "2.69", "2.71", "2.72")
def test_mean_of_the_examples_gradients_is_the_gradient_of_the_mean(sample, rng):
    x, y = sample
    losses, theta = lambda theta: np.logaddexp(0, -y * (x @ theta)), rng.normal(size=3)
    g = example_gradients(losses, theta)
    by_hand = -(y / (1 + np.exp(y * (x @ theta))))[:, None] * x
    np.testing.assert_allclose(g, by_hand, rtol=1e-12)
    f = lambda theta: sum(float(losses(theta)[i]) for i in range(40)) / 40                      # (2.68)
    assert math.isclose(f(theta), np.mean(losses(theta)))                                       # (2.69), i uniform
    numeric = [(f(theta + e) - f(theta - e)) / 2e-6 for e in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(g.mean(axis=0), numeric, rtol=1e-7, atol=1e-9)                   # (2.71)
    np.testing.assert_allclose(g.mean(axis=0), grad(lambda theta: np.mean(losses(theta)))(theta), rtol=1e-12)


def test_an_average_is_not_decomposed():
    with pytest.raises(ValueError, match=r"an array \(N,\), got shape \(\)"):
        example_gradients(lambda theta: np.mean(theta ** 2), np.ones(2))


# The descent lemma ------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.75", "2.76", "2.77", "2.78", "2.79")
def test_the_proof_line_by_line(sample, rng):
    x, y = sample
    f, L = logistic(x, y)
    slope = grad(f)
    integral = lambda f, *args: quad(f, 0, 1, args)[0]
    for a, b in rng.normal(size=(20, 2, 3)):
        d, rise = b - a, f(b) - f(a)
        assert math.isclose(integral(lambda t, a, d: slope(a + t * d) @ d, a, d), rise, rel_tol=1e-9, abs_tol=1e-12)    # (2.75)
        left = rise - slope(a) @ d
        along = integral(lambda t, a, d: (slope(a + t * d) - slope(a)) @ d, a, d)
        assert math.isclose(along, left, rel_tol=1e-8, abs_tol=1e-12)                                                   # (2.76)
        norms = integral(lambda t, a, d: np.linalg.norm(slope(a + t * d) - slope(a)) * np.linalg.norm(d), a, d)
        assert left <= norms                                                                                            # (2.77)
        assert norms <= integral(lambda t, d: L * t * (d @ d), d) == pytest.approx(L / 2 * (d @ d))                     # (2.78)
        assert f(b) <= upper_bound(f, a, b, L)                                                                          # (2.79)


@pytest.mark.slow
@pytest.mark.equation("2.74", "2.79")
def test_lemma_holds_on_a_hundred_thousand_pairs_and_not_with_less(rng):
    """softplus has the curvature 1/4 at zero; with nine tenths of it some pair, and not a rare one, is refused."""
    softplus = lambda x: np.sum(np.logaddexp(0, x))
    x, y = rng.normal(size=(2, 100_000, 1)) * 0.5
    needed = check_smoothness(softplus, 0.25, x, y)
    assert 0.249 < needed <= 0.25
    with pytest.raises(ValueError, match=r"L = 0\.225 is too small: from \[.*\] to \[.*\] the function rises .* needs L = 0\.2"):
        check_smoothness(softplus, 0.225, x[:200], y[:200])


@pytest.mark.equation("2.74")
def test_bound_is_exact_for_the_parabola_and_needs_the_largest_curvature(rng):
    h = np.array([1.0, 4.0, 9.0])
    f = lambda x: np.sum(h * x ** 2) / 2
    x, y = rng.normal(size=(2, 50, 3))
    needed = [curvature_needed(f, a, b) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(needed, np.sum(h * (y - x) ** 2, axis=1) / np.sum((y - x) ** 2, axis=1), rtol=1e-9)
    assert math.isclose(check_smoothness(f, 9.0, x, y), max(needed), rel_tol=1e-9)
    assert math.isclose(check_smoothness(f, 9.0, x, x + [0, 0, 1]), 9.0, rel_tol=1e-9)
    with pytest.raises(ValueError, match="too small"):
        check_smoothness(f, 8.99, x, x + [0, 0, 1])


def test_pairs_that_are_none(rng):
    f = lambda x: np.sum(x)
    for x, y in ((np.zeros(3), np.zeros(3)), (np.zeros((2, 3)), np.zeros((1, 3))), (np.zeros((0, 3)), np.zeros((0, 3)))):
        with pytest.raises(ValueError, match="pairs of points"):
            check_smoothness(f, 1.0, x, y)


@pytest.mark.parametrize("sign", [1, -1])
def test_smoothness_is_the_largest_eigenvalue_in_size(sign, sample, rng):
    f, L = logistic(*sample)
    assert math.isclose(smoothness(lambda t: sign * f(t), np.zeros(3)), L, rel_tol=1e-6)
    theta = rng.normal(size=3)
    assert math.isclose(smoothness(f, theta, rng=1), np.linalg.eigvalsh(hessian(f)(theta))[-1], rel_tol=1e-6)
    assert smoothness(lambda t: np.sum(t), theta) == 0


def test_smoothness_that_does_not_settle_is_told():
    with pytest.raises(ArithmeticError, match="after 3 products"):
        smoothness(lambda x: np.sum(np.array([1.0, 0.99]) * x ** 2), np.ones(2), rounds=3)


# Descent ----------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.80", "2.81", "2.82", "2.83")
def test_descent_makes_the_guaranteed_progress_at_every_step(sample):
    f, L = logistic(*sample)
    for alpha in (0.3 / L, 1 / L, 1.9 / L):
        places = descend(f, np.array([3.0, -2.0, 1.0]), alpha, 50)
        for a, b in zip(places, places[1:]):
            g = grad(f)(a)
            np.testing.assert_allclose(b - a, -alpha * g, rtol=1e-9, atol=1e-15)                                        # (2.81)
            promised = f(a) - alpha * (g @ g) + alpha ** 2 * L / 2 * (g @ g)
            assert f(b) <= promised + 1e-15                                                                             # (2.82)
            assert math.isclose(promised, f(a) - guaranteed_progress(alpha, L, g), rel_tol=1e-12)                       # (2.83)
    assert np.all(np.diff([f(p) for p in descend(f, np.array([3.0, -2.0, 1.0]), 1 / L, 100)]) <= 0)


@pytest.mark.equation("2.84")
def test_best_step_is_the_maximum_of_what_is_guaranteed(rng):
    for L in (0.1, 3.0, 40.0):
        g = rng.normal(size=4)
        alphas = np.linspace(0, 2 / L, 2001)
        assert math.isclose(alphas[guaranteed_progress(alphas, L, g).argmax()], best_step(L), rel_tol=1e-9)
        found = minimize_scalar(lambda a, L, g: -guaranteed_progress(a, L, g), bounds=(0, 2 / L), args=(L, g), method="bounded")
        assert math.isclose(found.x, best_step(L), rel_tol=1e-4) and math.isclose(-found.fun, g @ g / (2 * L), rel_tol=1e-8)
        assert math.isclose(grad(guaranteed_progress)(best_step(L), L, g), 0, abs_tol=1e-12)
    for L in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="L must be a positive number"):
            best_step(L)


@pytest.mark.equation("2.80")
@pytest.mark.parametrize("kappa", [2, 10, 100])
def test_rate_on_a_bowl_is_one_less_the_inverse_condition_number(kappa):
    h = np.array([1.0, kappa])
    places = descend(lambda x: np.sum(h * x ** 2) / 2, np.ones(2), 1 / kappa, 40)
    np.testing.assert_allclose(places[:, 0], (1 - 1 / kappa) ** np.arange(41), rtol=1e-12)
    np.testing.assert_allclose(places[1:, 1], 0, atol=1e-15)


def test_descent_takes_a_schedule():
    places = descend(lambda x: np.sum(x ** 2) / 2, np.array([1.0]), lambda t: 1 / (t + 2), 3)
    np.testing.assert_allclose(places.ravel(), [1, 1 / 2, 1 / 2 * 2 / 3, 1 / 2 * 2 / 3 * 3 / 4])


# Noise ------------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.85", "2.86", "2.87", "2.88")
def test_expected_progress_is_bounded_by_its_two_terms(quadratic, rng):
    """The expectation over i is a mean over all examples, so nothing here is left to chance."""
    losses, f, H, _ = quadratic
    L = np.linalg.eigvalsh(H)[-1]
    for theta in rng.normal(size=(20, 3)) * 2:
        gradients, slope, alpha = example_gradients(losses, theta), grad(f)(theta), float(rng.uniform(0, 1 / L))
        steps = theta - alpha * gradients                                                                               # (2.85)
        bounds = f(theta) - alpha * gradients @ slope + alpha ** 2 * L / 2 * np.sum(gradients ** 2, axis=1)
        after = np.array([f(p) for p in steps])
        assert np.all(after <= bounds + 1e-12)                                                                          # (2.86)
        a, b = expected_progress(gradients, alpha, L)
        assert math.isclose(bounds.mean(), f(theta) - a + b, rel_tol=1e-12)                                             # (2.87)
        assert math.isclose(a, alpha * slope @ slope, rel_tol=1e-9)
        assert after.mean() <= f(theta) - a + b + 1e-12                                                                 # (2.88)
        exact = alpha ** 2 / 2 * np.mean(np.einsum("ni,ij,nj->n", gradients, H, gradients))
        assert math.isclose(after.mean(), f(theta) - a + exact, rel_tol=1e-9)


@pytest.mark.equation("2.88")
def test_at_the_minimum_the_expected_rise_is_the_trace_of_the_covariance(rng):
    """An equality where all examples are the same bowl at different places."""
    c, L = rng.normal(size=(25, 4)), 3.0
    losses = lambda theta: L / 2 * np.sum((theta - c) ** 2, axis=1)
    best, alpha = c.mean(axis=0), 0.1
    gradients = example_gradients(losses, best)
    a, b = expected_progress(gradients, alpha, L)
    assert abs(a) < 1e-20
    assert math.isclose(b, alpha ** 2 * L / 2 * np.trace(np.cov(gradients.T, bias=True)), rel_tol=1e-12)
    rise = np.mean([np.mean(losses(best - alpha * g)) for g in gradients]) - np.mean(losses(best))
    assert math.isclose(rise, b, rel_tol=1e-9)
    with pytest.raises(ValueError, match=r"an array \(N, D\).* got shape \(4,\)"):
        expected_progress(np.ones(4), 0.1, 1.0)


def excess(alpha, steps, seed, quadratic, tail):
    """Mean of f(theta_t) - f* over the last steps of SGD."""
    losses, f, H, best = quadratic
    x = np.arange(30)
    picks = np.random.default_rng(seed).integers(30, size=steps)
    places = play(SGD(alpha), lambda theta, i: losses(theta)[i], best, x[picks])[-tail:] - best
    return np.mean(np.einsum("ti,ij,tj->t", places, H, places)) / 2


@pytest.mark.slow
@pytest.mark.equation("2.73")
def test_noise_floor_is_proportional_to_the_step_and_a_falling_rate_has_none(quadratic):
    """For small steps the floor is alpha tr(C) / 4, C the gradients' covariance at the minimum (its Lyapunov equation)."""
    losses, f, H, best = quadratic
    alphas = [0.004, 0.008, 0.016, 0.032]
    floors = [np.mean([excess(alpha, 12_000, seed, quadratic, 10_000) for seed in range(2)]) for alpha in alphas]
    slope = np.polyfit(np.log(alphas), np.log(floors), 1)[0]
    assert 0.85 < slope < 1.25, slope
    trace = np.trace(np.cov(example_gradients(losses, best).T, bias=True))
    assert floors[0] == pytest.approx(alphas[0] * trace / 4, rel=0.25)
    falling = np.mean([excess(Decay(0.1, scale=50), 12_000, seed, quadratic, 500) for seed in range(2)])
    assert falling < floors[0] / 2


@pytest.mark.slow
@pytest.mark.parametrize("kappa", [10, 100, 1000])
def test_bowls_and_the_banana_are_descended(kappa):
    h = np.array([1.0, kappa])
    f = lambda x: np.sum(h * x ** 2) / 2
    heights = [f(p) for p in descend(f, np.ones(2), 1 / kappa, 12 * kappa)]
    first = next(t for t, height in enumerate(heights) if height < 1e-6)
    assert first == math.ceil(math.log(math.sqrt(2e-6)) / math.log(1 - 1 / kappa))              # (1 - 1/kappa)^2t / 2 < 1e-6
    rosenbrock = lambda p, i: ((1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2) * np.ones(len(i))
    end = play(Adam(0.02), rosenbrock, np.array([-1.2, 1.0]), np.arange(4000))[-1]
    assert rosenbrock(end, np.zeros(1))[0] < 1e-6
