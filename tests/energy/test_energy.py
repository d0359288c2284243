"""The energy function asked for classes, numbers, components and vectors, each against its closed form; and its collapse."""
import math

import numpy as np
import pytest
from scipy.cluster.vq import vq
from scipy.optimize import minimize
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

from edugen.autodiff import check_gradients, grad
from edugen.background import fit_normal
from edugen.data import eight_gaussians
from edugen.energy import EnergyFunction, average_energy, hinge

to_center = lambda x, z, means: np.sum((x - means[z]) ** 2, axis=1) / 2
factor = lambda x, z, theta: np.sum((x - z @ theta["W"].T) ** 2, axis=1) / (2 * theta["sigma"] ** 2) + np.sum(z ** 2, axis=1) / 2


# Uncertainty: mean and variance over what is missing -------------------------------------------------------------------


@pytest.mark.equation("1.2", "1.3")
def test_mean_and_variance_are_those_of_samples(rng):
    x, means, p = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.dirichlet(np.ones(5))
    model = EnergyFunction(to_center, means)
    mu, v = model.mean(x, range(5), p), model.variance(x, range(5), p)
    z = rng.choice(5, size=40_000, p=p)
    for n in range(4):
        e = model(np.broadcast_to(x[n], (len(z), 3)), z)
        assert abs(e.mean() - mu[n]) < 4 * e.std() / math.sqrt(len(z))                          # (1.2)
        squares = (e - mu[n]) ** 2
        assert abs(squares.mean() - v[n]) < 4 * squares.std() / math.sqrt(len(z))               # (1.3)
    by_enumeration = np.array([sum(p[k] * np.sum((x[n] - means[k]) ** 2) / 2 for k in range(5)) for n in range(4)])
    np.testing.assert_allclose(mu, by_enumeration, rtol=1e-13)
    squares = np.array([sum(p[k] * (np.sum((x[n] - means[k]) ** 2) / 2) ** 2 for k in range(5)) for n in range(4)])
    np.testing.assert_allclose(v, squares - mu ** 2, rtol=1e-12, atol=1e-12 * squares.max())


def test_variance_survives_an_offset(rng):
    """The mean of squares less the square of the mean would have lost every digit."""
    x, means, p = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.dirichlet(np.ones(5))
    low, high = EnergyFunction(to_center, means), EnergyFunction(lambda x, z, theta: to_center(x, z, theta) + 2.0 ** 30, means)
    np.testing.assert_allclose(high.variance(x, range(5), p), low.variance(x, range(5), p), rtol=1e-6)


def test_probabilities_may_depend_on_the_observation(rng):
    x, means, p = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.dirichlet(np.ones(5), size=4)
    model = EnergyFunction(to_center, means)
    for n in range(4):
        np.testing.assert_allclose(model.mean(x, range(5), p)[n], model.mean(x[n:n + 1], range(5), p[n])[0])
    certain = np.eye(5)[[2, 0, 4, 4]]
    np.testing.assert_allclose(model.mean(x, range(5), certain), model(x, np.array([2, 0, 4, 4])), rtol=1e-14)
    assert np.array_equal(model.variance(x, range(5), certain), np.zeros(4))


# Inference: one function, four paradigms --------------------------------------------------------------------------------


@pytest.mark.equation("1.4")
def test_classification_is_the_least_energy_over_categories(rng):
    W, b, x = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(50, 4))
    model = EnergyFunction(lambda x, y, theta: np.sum(np.eye(3)[y] * (x @ theta[0].T + theta[1]), axis=1), (W, b))
    scores = x @ W.T + b
    assert np.array_equal(model.infer(x, range(3)), scores.argmin(axis=1))
    np.testing.assert_allclose(model.table(x, range(3)), scores, rtol=1e-14)
    assert len(set(model.infer(x, range(3)))) > 1
    tie = EnergyFunction(lambda x, y, theta: np.zeros(len(x)), None)
    assert np.array_equal(tie.infer(x, [7, 3]), np.full(50, 7))


@pytest.mark.equation("1.4")
def test_regression_is_the_least_energy_over_numbers(rng):
    x = rng.normal(size=(60, 3))
    y = x @ [1.0, -2.0, 0.5] + 3 + 0.1 * rng.normal(size=60)
    fit = LinearRegression().fit(x, y)
    model = EnergyFunction(lambda x, y, theta: (y - x @ theta[0] - theta[1]) ** 2 / 2, (fit.coef_, fit.intercept_))
    np.testing.assert_allclose(model.infer(x, start=np.zeros(60)), fit.predict(x), atol=1e-8)
    grid = np.linspace(-10, 10, 2001)
    np.testing.assert_allclose(model.infer(x, candidates=grid), fit.predict(x), atol=0.00501)    # any question, both ways


@pytest.mark.equation("1.5")
def test_clustering_is_the_least_energy_over_components(rng):
    x, means = rng.normal(size=(200, 2)), rng.normal(size=(6, 2))
    assert np.array_equal(EnergyFunction(to_center, means).infer(x, range(6)), vq(x, means)[0])
    one_hot = EnergyFunction(lambda x, z, means: np.sum((x - z @ means) ** 2, axis=1) / 2, means)
    assert np.array_equal(one_hot.infer(x, np.eye(6)), np.eye(6)[vq(x, means)[0]])


@pytest.mark.equation("1.5")
def test_representation_is_the_least_energy_over_vectors(rng):
    W, sigma, x = rng.normal(size=(7, 3)), 0.6, rng.normal(size=(20, 7))
    model = EnergyFunction(factor, {"W": W, "sigma": sigma})
    posterior_mean = x @ W @ np.linalg.inv(W.T @ W + sigma ** 2 * np.eye(3))
    np.testing.assert_allclose(model.infer(x, start=np.zeros((20, 3))), posterior_mean, atol=1e-6)
    np.testing.assert_allclose(model.infer(x, start=rng.normal(size=(20, 3))), posterior_mean, atol=1e-6)


def test_two_things_missing_at_once(rng):
    """Half of each observation, and its representation: the observation's conditional mean, in closed form."""
    W, sigma, x = rng.normal(size=(6, 2)), 0.5, rng.normal(size=(9, 6))
    model = EnergyFunction(lambda x, missing, theta: factor(np.concatenate([x, missing["x"]], axis=1), missing["z"], theta),
                           {"W": W, "sigma": sigma})
    found = model.infer(x[:, :4], start={"x": np.zeros((9, 2)), "z": np.zeros((9, 2))})
    covariance = W @ W.T + sigma ** 2 * np.eye(6)
    np.testing.assert_allclose(found["x"], x[:, :4] @ np.linalg.inv(covariance[:4, :4]) @ covariance[:4, 4:], atol=1e-6)
    np.testing.assert_allclose(found["z"], x[:, :4] @ W[:4] @ np.linalg.inv(W[:4].T @ W[:4] + sigma ** 2 * np.eye(2)), atol=1e-6)


def test_an_observation_in_parts(rng):
    x, y = rng.normal(size=(5, 2)), np.arange(5) % 3
    model = EnergyFunction(lambda xy, z, theta: np.sum(xy[0] ** 2, axis=1) + (xy[1] - z) ** 2, None)
    assert np.array_equal(model.infer((x, y), range(3)), y)
    with pytest.raises(ValueError, match="N entries each, got first axes of 5, 4"):
        model.infer((x, y[:4]), range(3))


def test_a_start_decides_between_two_valleys():
    model = EnergyFunction(lambda x, z, theta: (z ** 2 - x) ** 2, None)
    np.testing.assert_allclose(model.infer(np.array([4.0, 9.0]), start=np.array([1.0, -1.0])), [2, -3], atol=1e-6)


def test_the_result_may_be_differentiated_through_the_table(rng):
    x, means = rng.normal(size=(4, 2)), rng.normal(size=(3, 2))
    value = lambda means: np.sum(EnergyFunction(to_center, means).mean(x, range(3), [0.2, 0.3, 0.5]) ** 2)
    check_gradients(value, means)


def test_few_observations_and_none():
    model = EnergyFunction(to_center, np.array([[0.0], [1.0]]))
    assert np.array_equal(model.infer(np.array([[0.9]]), range(2)), [1])
    assert model.table(np.zeros((0, 1)), range(2)).shape == (0, 2) and model.infer(np.zeros((0, 1)), range(2)).shape == (0,)
    assert model.infer(np.ones((3, 1), np.float32), [1]).tolist() == [1, 1, 1]


# Learning needs more than a low energy of the data ----------------------------------------------------------------------


def bumps(x, centers):
    """The coordinates, one, and how near each of the centers is."""
    near = np.exp(-np.sum((x[:, None] - centers) ** 2, axis=2) / 0.32)
    return np.concatenate([x, np.ones((len(x), 1)), near], axis=1)


@pytest.fixture
def plane(rng):
    train, held_out = eight_gaussians(rng, 240, noise=0.12).x, eight_gaussians(rng, 240, noise=0.12).x
    others, far = rng.uniform(-3, 3, size=(2, 2000, 2))
    others, far = (o[np.sqrt(((o[:, None] - train) ** 2).sum(axis=2)).min(axis=1) > 0.4] for o in (others, far))
    g = np.linspace(-2.6, 2.6, 9)
    centers = np.stack(np.meshgrid(g, g), axis=-1).reshape(-1, 2)
    reconstruct = lambda x, z, W: np.sum((x - bumps(x, centers) @ W) ** 2, axis=1)
    return train, held_out, others, far, centers, reconstruct


@pytest.mark.equation("1.6")
def test_without_a_regularizer_the_energy_collapses(plane, rng):
    """(1.6) for a reconstruction from features that hold x itself: the least is zero, and it is zero for everything."""
    train, _, _, far, centers, e = plane
    W = np.linalg.lstsq(bumps(train, centers), train, rcond=None)[0]
    assert average_energy(e, W, train) < 1e-20
    assert average_energy(e, 0.1 * rng.normal(size=W.shape), train) > 0.1                        # and is not so by itself
    W_long = np.zeros_like(W)
    W_long[:2] = np.eye(2)                                                                        # the same least, exactly
    assert np.var(e(far, None, W_long)) < 1e-30 and np.abs(grad(lambda W: average_energy(e, W, train))(W_long)).max() < 1e-12


@pytest.mark.equation("1.7")
def test_with_a_regularizer_it_tells_data_from_others(plane):
    train, held_out, others, far, _, e = plane
    R = hinge(e, others, margin=1.0)
    objective = lambda W: average_energy(e, W, train, R)                                         # (1.7)
    W = np.zeros((84, 2))
    W[:2] = 0.9 * np.eye(2)
    check_gradients(objective, W)
    W = minimized(objective, W)
    energies = np.concatenate([e(held_out, None, W), e(far, None, W)])
    assert roc_auc_score(np.arange(len(energies)) >= len(held_out), energies) > 0.95
    assert np.var(e(far, None, W)) > 0.01


def minimized(objective, W):
    f, g = lambda w: objective(w.reshape(W.shape)), lambda w: grad(objective)(w.reshape(W.shape)).ravel()
    return minimize(f, W.ravel(), jac=g, method="L-BFGS-B", options={"maxiter": 300}).x.reshape(W.shape)


def test_average_and_hinge_against_loops(rng):
    x, others = rng.normal(size=(7, 2)), rng.normal(size=(5, 2))
    e = lambda x, z, theta: np.sum((x - theta) ** 2, axis=1)
    theta = rng.normal(size=2)
    mean = sum(float(np.sum((a - theta) ** 2)) for a in x) / 7
    R = -sum(max(0, 2.5 - float(np.sum((a - theta) ** 2))) ** 2 for a in others) / 5
    assert math.isclose(average_energy(e, theta, x), mean) and math.isclose(hinge(e, others, 2.5)(theta), R)
    assert math.isclose(average_energy(e, theta, x, hinge(e, others, 2.5)), mean - R)


def test_mean_energy_of_a_gaussian_is_least_at_its_fit(rng):
    """A negative log-probability is an energy that cannot collapse: its normalizer is the regularizer, R = -log Z."""
    x = rng.normal(size=(400, 2)) @ np.array([[1.0, 0.5], [0.0, 2.0]])
    e = lambda x, z, P: np.einsum("ni,ij,nj->n", x, P, x) / 2
    R = lambda P: np.linalg.slogdet(P)[1] / 2
    P = np.linalg.inv(x.T @ x / len(x))
    np.testing.assert_allclose(grad(lambda P: average_energy(e, P, x, R))(P), np.zeros((2, 2)), atol=1e-12)
    centered = fit_normal(np.concatenate([x, -x]))
    np.testing.assert_allclose(centered.covariance, np.linalg.inv(P), rtol=1e-10)


# Errors -----------------------------------------------------------------------------------------------------------------


def test_questions_that_are_not_one():
    model = EnergyFunction(to_center, np.zeros((2, 2)))
    x = np.zeros((3, 2))
    for options in ({}, {"candidates": [0], "start": np.zeros(3)}):
        with pytest.raises(ValueError, match="give either candidates .* or start"):
            model.infer(x, **options)
    with pytest.raises(ValueError, match="at least one value of z, got shape .0,."):
        model.infer(x, [])
    with pytest.raises(ValueError, match=r"one number for each of the 3 observations, an array \(3,\), got shape \(3, 2\)"):
        EnergyFunction(lambda x, z, theta: x * z[:, None], None).infer(x, [0, 1])
    with pytest.raises(ValueError, match="start must be a floating array .* got ndarray"):
        model.infer(x, start=np.zeros(3, int))
    with pytest.raises(ValueError, match=r"x must be an array \(N, ...\)"):
        model.table(3.0, [0, 1])
    for p, message in (([0.5, 0.25], "sum to one, got sums .0.75"), ([1.5, -0.5], "the least -0.5"), ([1.0], r"an array \(2,\)")):
        with pytest.raises(ValueError, match=message):
            model.mean(x, [0, 1], p)
        with pytest.raises(ValueError, match=message):
            model.variance(x, [0, 1], p)
    with pytest.raises(ValueError, match="margin must be positive, got 0"):
        hinge(to_center, x, 0)


def test_an_energy_without_a_minimum_says_so():
    with pytest.raises(ArithmeticError, match="whether the energy has a minimum"):
        EnergyFunction(lambda x, z, theta: x * z, None).infer(np.ones(2), start=np.zeros(2), steps=50)
    with pytest.raises(ArithmeticError, match="slope is still"):
        EnergyFunction(lambda x, z, theta: 100 * (z[:, 1] - z[:, 0] ** 2) ** 2 + (x - z[:, 0]) ** 2, None).infer(
            np.ones(1), start=np.array([[-1.2, 1.0]]), steps=3)
