"""Maximum entropy, softmax and cross-entropy: the lecture's derivation line by line, solvers, SciPy and scikit-learn."""
import numpy as np
import pytest
from scipy import optimize, special, stats
from sklearn import linear_model, metrics

from edugen import autodiff as ad
from edugen import check_gradients, grad, jacobian, value_and_grad
from edugen.classification import (
    LinearEnergy,
    best_wrong,
    cross_entropy_loss,
    energy_of,
    entropy,
    lagrangian,
    maximum_entropy_objective,
    one_hot,
    perceptron_loss,
    prediction,
    probabilities,
)
from edugen.data import digits


@pytest.fixture
def a(rng):
    """Energies, K = 6."""
    return 2 * rng.normal(size=6)


# Entropy ----------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.15")
def test_entropy_is_that_of_scipy(rng):
    p = rng.dirichlet(np.ones(7), size=20)
    np.testing.assert_allclose(entropy(p), stats.entropy(p, axis=1), rtol=1e-12)
    np.testing.assert_allclose(entropy(p), [-sum(q * np.log(q) for q in row) for row in p], rtol=1e-12)
    for k in (1, 2, 10):
        np.testing.assert_allclose(entropy(np.full(k, 1 / k)), np.log(k), atol=1e-15)
    check_gradients(entropy, rng.uniform(0.1, 1, (3, 4)), order=2)


@pytest.mark.equation("2.16")
def test_certain_distributions_have_no_entropy_and_zeros_add_none(rng):
    np.testing.assert_array_equal(entropy(np.eye(5)), np.zeros(5))
    assert not np.any(np.signbit(entropy(np.eye(5)))), "0, not -0"
    p = rng.dirichlet(np.ones(4))
    np.testing.assert_allclose(entropy(np.insert(p, [0, 2, 4], 0.0)), stats.entropy(p), rtol=1e-12)
    limit = [entropy(np.array([t, (1 - t) / 2, (1 - t) / 2])) for t in (1e-4, 1e-8, 1e-12)]      # t log t vanishes with t
    np.testing.assert_allclose(np.subtract(limit, np.log(2)), 0, atol=1e-2)
    assert np.all(np.diff(np.abs(np.subtract(limit, np.log(2)))) < 0)


# The constrained problem ------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.17", "2.18", "2.19", "2.29")
@pytest.mark.parametrize("k, scale", [(2, 1.0), (3, 2.0), (6, 2.0), (10, 1.0)])
def test_softmax_solves_the_constrained_problem(rng, k, scale):
    """SLSQP is told objective, slope, bounds and the sum, and knows nothing of exponentials."""
    a = scale * rng.normal(size=k)
    found = optimize.minimize(lambda p: -maximum_entropy_objective(p, a), np.full(k, 1 / k), jac=lambda p: a + np.log(p) + 1,
                              method="SLSQP", bounds=[(1e-9, 1)] * k, options={"ftol": 1e-16, "maxiter": 1000},
                              constraints={"type": "eq", "fun": lambda p: p.sum() - 1, "jac": np.ones_like})
    p = probabilities(a)
    np.testing.assert_allclose(found.x, p, atol=1e-8)
    assert np.all(p > 0) and abs(p.sum() - 1) < 1e-15                                                    # (2.18), (2.19)
    np.testing.assert_allclose(maximum_entropy_objective(p, a), special.logsumexp(-a), rtol=1e-13)
    np.testing.assert_allclose(-found.fun, special.logsumexp(-a), rtol=1e-12)
    others = rng.dirichlet(np.ones(k), size=1000)
    assert np.all(maximum_entropy_objective(others, a) < special.logsumexp(-a))


def test_projected_gradient_arrives_at_the_softmax(rng):
    a, p = rng.normal(size=4), np.full(4, 0.25)
    for _ in range(5000):
        slope = grad(maximum_entropy_objective)(p, a)
        p = p + 0.2 * p.min() * (slope - slope.mean())                    # moves within the plane where the sum is one
    np.testing.assert_allclose(p, probabilities(a), atol=1e-8)


@pytest.mark.equation("2.20")
def test_lagrangian_is_the_objective_where_the_constraints_hold(rng):
    a, multipliers = rng.normal(size=5), rng.normal(size=5)
    p = rng.dirichlet(np.ones(5))
    for gamma in rng.normal(size=3):
        np.testing.assert_allclose(lagrangian(p, multipliers, np.sqrt(p), gamma, a), maximum_entropy_objective(p, a), rtol=1e-12)
    p, s, gamma = rng.uniform(0.1, 1, 5), rng.normal(size=5), rng.normal()
    written_out = (-sum(a[i] * p[i] for i in range(5)) - sum(p[i] * np.log(p[i]) for i in range(5))
                   + sum(multipliers[i] * (p[i] - s[i] ** 2) for i in range(5)) + gamma * (sum(p) - 1))
    np.testing.assert_allclose(lagrangian(p, multipliers, s, gamma, a), written_out, rtol=1e-12)
    slopes = grad(lagrangian, (1, 3))(p, multipliers, s, gamma, a)        # the multipliers' slopes are the constraints
    np.testing.assert_allclose(slopes[0], p - s ** 2, rtol=1e-12)
    np.testing.assert_allclose(slopes[1], p.sum() - 1, rtol=1e-12)


@pytest.mark.equation("2.21", "2.22", "2.23", "2.24")
def test_derivation_of_the_softmax_up_to_its_normalizer(rng, a):
    p, lam, s, gamma = rng.uniform(0.1, 1, 6), rng.normal(size=6), rng.normal(size=6), rng.normal()
    value = lambda p: lagrangian(p, lam, s, gamma, a)
    slope = np.array([(value(p + h) - value(p - h)) / 2e-6 for h in 1e-6 * np.eye(6)])
    line_21 = lambda p: -a - np.log(p) - 1 + lam + gamma
    np.testing.assert_allclose(slope, line_21(p), atol=1e-7)                                             # (2.20) to (2.21)
    np.testing.assert_allclose(grad(lagrangian)(p, lam, s, gamma, a), line_21(p), rtol=1e-12)
    log_p = -a + lam - 1 + gamma
    np.testing.assert_allclose(line_21(np.exp(log_p)), 0, atol=1e-14)                                    # (2.21) to (2.22)
    np.testing.assert_allclose(log_p - np.log(p), line_21(p), rtol=1e-12)         # and only there: they differ by the slope
    line_23 = np.exp(-a + lam - 1 + gamma)
    np.testing.assert_allclose(np.log(line_23), log_p, rtol=1e-12)                                       # (2.22) to (2.23)
    assert np.all(line_23 > 0)
    line_24 = np.exp(-a) * np.exp(-1 + gamma)
    np.testing.assert_allclose(line_24, np.exp(-a + 0 * lam - 1 + gamma), rtol=1e-12)                    # lambda = 0
    np.testing.assert_allclose(line_24, line_23 / np.exp(lam), rtol=1e-12)                               # (2.23) to (2.24)


@pytest.mark.equation("2.25", "2.26", "2.27", "2.28", "2.29")
def test_derivation_of_the_normalizer(rng, a):
    gamma = rng.normal()
    line_25 = lambda gamma: np.exp(-1 + gamma) * np.sum(np.exp(-a))               # the left-hand side, to be 1
    np.testing.assert_allclose(np.sum(np.exp(-a) * np.exp(-1 + gamma)), line_25(gamma), rtol=1e-12)      # (2.24) into (2.19)
    line_26 = lambda gamma: -1 + gamma + np.log(np.sum(np.exp(-a)))               # to be 0
    np.testing.assert_allclose(np.log(line_25(gamma)), line_26(gamma), rtol=1e-12)                       # (2.25) to (2.26)
    gamma = 1 - np.log(np.sum(np.exp(-a)))                                                               # (2.27)
    np.testing.assert_allclose(optimize.brentq(line_26, -50, 50, xtol=1e-14), gamma, rtol=1e-12)         # (2.26) to (2.27)
    np.testing.assert_allclose(line_25(gamma), 1, rtol=1e-12)
    line_28 = np.exp(-a) * np.exp(-1 + 1 - np.log(np.sum(np.exp(-a))))
    np.testing.assert_allclose(line_28, np.exp(-a) * np.exp(-1 + gamma), rtol=1e-12)                     # (2.27) into (2.24)
    line_29 = np.exp(-a) / np.sum(np.exp(-a))
    np.testing.assert_allclose(line_29, line_28, rtol=1e-12)                                             # (2.28) to (2.29)
    np.testing.assert_allclose(probabilities(a), line_29, rtol=1e-12)


@pytest.mark.equation("2.19", "2.21")
def test_conditions_of_karush_kuhn_and_tucker_hold(rng):
    """All four kinds, at the softmax with lambda = 0: stationary in p and in the slacks, and both constraints kept."""
    for _ in range(20):
        a = 3 * rng.normal(size=5)
        p, gamma = probabilities(a), 1 - special.logsumexp(-a)
        residual = grad(lagrangian, (0, 1, 2, 3))(p, np.zeros(5), np.sqrt(p), gamma, a)
        assert max(np.max(np.abs(r)) for r in residual) < 1e-8


# Softmax with an inverse temperature ------------------------------------------------------------------------------------


@pytest.mark.equation("2.29")
def test_softmax_is_that_of_scipy_and_of_the_engine(rng):
    e = 5 * rng.normal(size=(20, 4))
    np.testing.assert_allclose(probabilities(e), special.softmax(-e, axis=1), rtol=1e-12)
    np.testing.assert_allclose(probabilities(e), ad.softmax(-e), rtol=1e-12)
    np.testing.assert_allclose(probabilities(e + 1e3 * rng.normal(size=(20, 1))), probabilities(e), rtol=1e-9)
    np.testing.assert_array_equal(probabilities(np.array([1e307, -1e307, 0.0])), [0, 1, 0])
    check_gradients(probabilities, e, order=2)


def average(energies, slopes, beta):
    """The negative term (2.33) of each input, by a loop, without its sign."""
    weights = [[np.exp(-beta * e_y) for e_y in e] for e in energies]
    return np.array([sum(w_y * s_y for w_y, s_y in zip(w, s)) / sum(w) for w, s in zip(weights, slopes)])


@pytest.mark.equation("2.33", "2.34", "2.35", "2.36")
def test_negative_term_from_hot_to_cold(rng):
    """Gradients of energies with hidden units, averaged: over all categories when hot, that of the lowest when cold."""
    x, theta = rng.normal(size=(12, 3)), rng.normal(size=(4, 3))
    energies = lambda theta: np.tanh(x @ theta.T) @ theta
    e, slopes = energies(theta), jacobian(energies)(theta)                        # (N, K), (N, K, 4, 3)
    term = lambda beta: np.einsum("nk,nkij->nij", probabilities(e, beta), slopes)
    for beta in (0.0, 0.3, 1.0, 8.0):
        np.testing.assert_allclose(term(beta), average(e, slopes, beta), rtol=1e-11, atol=1e-13)         # (2.33)
    np.testing.assert_allclose(term(0.0), np.sum(slopes, axis=1) / 3, rtol=1e-12)                        # (2.34)
    lowest = [min(range(3), key=lambda y: e_n[y]) for e_n in e]                                          # (2.36)
    np.testing.assert_array_equal(prediction(e), lowest)
    cold = slopes[np.arange(12), lowest]
    np.testing.assert_array_equal(term(np.inf), cold)                                                    # (2.35)
    gaps = [np.max(np.abs(term(beta) - cold)) for beta in (1.0, 10.0, 100.0, 1e5)]
    assert gaps[0] > 0.1 and gaps[-1] < 1e-12 and np.all(np.diff(gaps) < 0)


@pytest.mark.equation("2.34", "2.35")
def test_hottest_is_uniform_and_coldest_shares_among_those_that_tie(rng):
    e = rng.integers(0, 3, (100, 4)).astype(float)
    lowest = e == e.min(axis=1, keepdims=True)
    assert np.any(lowest.sum(axis=1) > 1)
    np.testing.assert_array_equal(probabilities(e, 0.0), np.full((100, 4), 0.25))
    np.testing.assert_allclose(probabilities(e, np.inf), lowest / lowest.sum(axis=1, keepdims=True), rtol=1e-15)
    np.testing.assert_allclose(probabilities(e, 1e3), probabilities(e, np.inf), atol=1e-300)
    np.testing.assert_array_equal(probabilities(1e100 * e, 1e200), probabilities(e, np.inf))


# The loss ---------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.30")
def test_loss_is_the_negative_log_likelihood(rng):
    e, y = 3 * rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    loss = cross_entropy_loss(e, y)
    np.testing.assert_allclose(loss, -np.log(probabilities(e)[np.arange(50), y]), rtol=1e-10)
    np.testing.assert_allclose(loss, [e_n[k] + np.log(sum(np.exp(-v) for v in e_n)) for e_n, k in zip(e, y)], rtol=1e-10)
    np.testing.assert_allclose(np.mean(loss), metrics.log_loss(y, probabilities(e), labels=range(4)), rtol=1e-12)
    np.testing.assert_allclose(loss, ad.cross_entropy(e, y, energies=True), rtol=1e-12)
    np.testing.assert_allclose(cross_entropy_loss(np.array([[1e4, 0.0]]), np.array([0])), 1e4)           # p underflows


@pytest.mark.equation("2.31", "2.32", "2.38")
def test_gradient_line_by_line(rng):
    """In the parameters of energies with hidden units: from differences of (2.30) through (2.31) to (2.32), and the engine."""
    x, y, theta = rng.normal(size=(9, 3)), rng.integers(0, 3, 9), rng.normal(size=(4, 3))
    energies = lambda theta: np.tanh(x @ theta.T) @ theta
    e, slopes, n = energies(theta), jacobian(energies)(theta), np.arange(9)

    def loss(theta):                                                                                     # (2.30), naive
        e = energies(theta)
        return e[n, y] + np.log(np.sum(np.exp(-e), axis=1))
    numeric = np.stack([(loss(theta + h) - loss(theta - h)) / 2e-5 for h in 1e-5 * np.eye(12).reshape(12, 4, 3)], axis=-1)
    line_31 = slopes[n, y] - sum((np.exp(-e[:, k]) / sum(np.exp(-e[:, j]) for j in range(3)))[:, None, None] * slopes[:, k]
                                 for k in range(3))
    np.testing.assert_allclose(numeric.reshape(9, 4, 3), line_31, atol=1e-8)                             # (2.30) to (2.31)
    positive, negative = slopes[n, y], np.einsum("nk,nkij->nij", probabilities(e), slopes)
    np.testing.assert_allclose(positive - negative, line_31, rtol=1e-12, atol=1e-13)                     # (2.31) to (2.32)
    by_rule = jacobian(lambda theta: cross_entropy_loss(energies(theta), y))(theta)
    np.testing.assert_allclose(by_rule, positive - negative, rtol=1e-12, atol=1e-13)                     # (2.38): our rule
    np.testing.assert_allclose(by_rule, jacobian(loss)(theta), rtol=1e-12, atol=1e-13)                   # the engine's own


@pytest.mark.parametrize("beta", [0.2, 1.0, 6.0])
def test_rule_is_the_gradient_of_the_same_loss_composed_of_numpy(rng, beta):
    e, y, g = rng.normal(size=(7, 4)), rng.integers(0, 4, 7), rng.normal(size=7)
    composed = lambda e: g @ cross_entropy_loss.__wrapped__(e, y, beta)           # without its rule
    by_hand = lambda e: g @ cross_entropy_loss(e, y, beta)
    np.testing.assert_allclose(grad(by_hand)(e), grad(composed)(e), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(grad(by_hand)(e), g[:, None] * (one_hot(y, 4) - special.softmax(-beta * e, axis=1)), rtol=1e-12)
    check_gradients(lambda e: cross_entropy_loss(e, y, beta=beta), e, order=3, rng=rng)


def test_gradient_sums_to_zero_over_categories(rng):
    """A common shift of all energies changes no probability: the two terms of (2.32) carry the same weight."""
    e, y = rng.normal(size=(7, 4)), rng.integers(0, 4, 7)
    np.testing.assert_allclose(jacobian(lambda c: cross_entropy_loss(e + c, y))(0.7), np.zeros(7), atol=1e-15)


# From the cross-entropy to the perceptron -------------------------------------------------------------------------------


BETAS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)


@pytest.mark.equation("2.35")
def test_cold_cross_entropy_is_the_perceptron_loss(rng):
    """Loss and gradient of every example approach the perceptron's without ever turning back, and reach them at infinity."""
    e, y = rng.normal(size=(200, 5)), rng.integers(0, 5, 200)
    limit, slope = perceptron_loss(e, y), jacobian(lambda e: perceptron_loss(e, y).sum())(e)
    losses = np.array([cross_entropy_loss(e, y, beta) for beta in BETAS]) - limit
    assert np.all(losses >= 0) and np.all(np.diff(losses, axis=0) <= 1e-15)
    np.testing.assert_allclose(losses, [np.log(np.sum(np.exp(-b * (e - e.min(1, keepdims=True))), axis=1)) / b for b in BETAS],
                               rtol=1e-9, atol=1e-14)
    gradients = [grad(lambda e: np.sum(cross_entropy_loss(e, y, beta)))(e) for beta in BETAS]            # noqa: B023
    distance = np.linalg.norm(np.array(gradients) - slope, axis=2)
    assert np.all(np.diff(distance, axis=0) <= 1e-15)                             # monotone, for each of the 200
    far = np.partition(e, 1, axis=1)[:, 1] - e.min(axis=1) > 0.05
    assert far.sum() > 150 and np.max(distance[-1, far]) < 1e-15 and np.min(distance[0]) > 0.3
    np.testing.assert_array_equal(cross_entropy_loss(e, y, np.inf), limit)
    np.testing.assert_array_equal(grad(lambda e: np.sum(cross_entropy_loss(e, y, np.inf)))(e), slope)
    right = prediction(e) == y
    assert not np.any(grad(lambda e: np.sum(cross_entropy_loss(e, y, np.inf)))(e)[right]), "no update where it is right"


def test_cold_cross_entropy_learns_as_the_perceptron_does(rng):
    """Its gradient in W and b is the perceptron's step: apart from ties, the two go the same way."""
    x, y = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    model = LinearEnergy(rng.normal(size=(3, 4)), rng.normal(size=3))
    cold = grad(lambda model: np.sum(cross_entropy_loss(model.energy(x), y, np.inf)))(model)
    guess = model.predict(x)
    W = -sum(np.outer(one_hot(t, 3) - one_hot(p, 3), x_n) for x_n, t, p in zip(x, y, guess))             # (2.42), (2.45)
    np.testing.assert_allclose(cold.W, W, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(cold.b, np.sum(one_hot(guess, 3) - one_hot(y, 3), axis=0))


# Learning ---------------------------------------------------------------------------------------------------------------


def test_logistic_regression_is_that_of_scikit_learn():
    """Mean cross-entropy plus |W|^2 / (2 C N), minimized with our gradient: the same weights to 1e-4."""
    data = digits()
    x, y = data.x[:400], data.y[:400]
    peer = linear_model.LogisticRegression(C=0.5, tol=1e-10, max_iter=5000).fit(x, y)
    shape = (10, 65)

    def objective(theta):
        model = LinearEnergy(theta[:, :64], theta[:, 64])
        return np.mean(cross_entropy_loss(model.energy(x), y)) + np.sum(model.W ** 2) / (2 * 0.5 * 400)

    def flat(vector):
        value, slope = value_and_grad(objective)(vector.reshape(shape))
        return value, slope.ravel()
    found = optimize.minimize(flat, np.zeros(650), jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-9})
    theta = found.x.reshape(shape)
    model = LinearEnergy(theta[:, :64], theta[:, 64])
    np.testing.assert_allclose(model.W, peer.coef_, atol=1e-4)
    np.testing.assert_allclose(model.b - model.b.mean(), peer.intercept_ - peer.intercept_.mean(), atol=1e-4)
    np.testing.assert_allclose(probabilities(model.energy(x)), peer.predict_proba(x), atol=1e-4)


def test_two_categories_are_the_logistic_function(rng):
    e = rng.normal(size=(20, 2))
    np.testing.assert_allclose(probabilities(e)[:, 1], special.expit(e[:, 0] - e[:, 1]), rtol=1e-12)
    y = rng.integers(0, 2, 20)
    gap = energy_of(e, y) - energy_of(e, best_wrong(e, y))
    np.testing.assert_allclose(cross_entropy_loss(e, y), np.log1p(np.exp(gap)), rtol=1e-12)


# Errors -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, message", [
    (lambda: entropy(np.array([1.5, -0.5])), r"p must hold no negative number, .* its smallest is -0\.5"),
    (lambda: probabilities(np.zeros((2, 3)), -1.0), "beta must be 0 or positive, got -1.0"),
    (lambda: probabilities(np.zeros((2, 3)), np.nan), "beta must be 0 or positive, got nan"),
    (lambda: cross_entropy_loss(np.zeros((2, 3)), np.array([0, 1]), 0.0), "beta must be positive, got 0.0"),
    (lambda: cross_entropy_loss(np.zeros((2, 3)), np.array([1, 3])), r"y must hold integers in 0\.\.2, got 1\.\.3"),
    (lambda: cross_entropy_loss(np.zeros((2, 3)), np.array([0, 1, 2])), r"integers of shape \(2,\), got int64 of shape \(3,\)"),
    (lambda: cross_entropy_loss(np.zeros(3), np.array([0])), r"got shape \(3,\)"),
])
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_traced_inverse_temperature_is_refused_by_the_loss(rng):
    with pytest.raises(TypeError, match="no gradient flows through beta"):
        grad(lambda beta: np.sum(cross_entropy_loss(np.eye(2), np.array([0, 1]), beta)))(1.0)
