"""Maximum likelihood: grids, enumeration of all batches, closed forms, SciPy and scikit-learn."""
import itertools

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn import linear_model

from edugen import check_gradients, grad
from edugen.background import (
    Polynomial,
    average_log_likelihood,
    bias_and_variance,
    coin_log_likelihood,
    coin_mle,
    entropy,
    expected_log_likelihood,
    fit_polynomial,
    kl_divergence,
    maximize_likelihood,
    minibatch_gradient,
    monte_carlo,
)
from edugen.classification.optimizers import SGD
from edugen.distributions import Bernoulli, Categorical, MultivariateNormal, Normal

# From the divergence to the data -------------------------------------------------------------------------------------------


@pytest.mark.equation("G-6", "G-7", "G-8", "V-37")
def test_divergence_is_two_expectations_of_which_one_knows_the_model(rng):
    p, q = rng.dirichlet(np.ones(6), size=(2, 50))
    np.testing.assert_allclose(kl_divergence(p, q), stats.entropy(p, q, axis=1), rtol=1e-10)             # (G-6), (G-7)
    np.testing.assert_allclose(kl_divergence(p, q), -entropy(p) - expected_log_likelihood(p, np.log(q)), rtol=1e-9)      # (G-8)
    x = rng.choice(6, 100_000, p=p[0])
    mean, error = monte_carlo(np.log(p[0] / q[0])[x])                                                    # (G-6), by simulation
    assert abs(mean - kl_divergence(p[0], q[0])) < 4 * error
    with np.errstate(divide="ignore"):
        log_q = np.log(np.array([0.5, 0.5, 0.0]))
    assert expected_log_likelihood(np.array([0.2, 0.8, 0.0]), log_q) == np.log(0.5)                      # 0 times -inf
    assert expected_log_likelihood(np.array([0.2, 0.7, 0.1]), log_q) == -np.inf


@pytest.mark.equation("V-37", "G-9")
def test_nearest_model_is_the_most_likely_one(rng):
    """Along any family: where the divergence is least, the expected log-likelihood is largest."""
    p = rng.dirichlet(np.ones(5))
    statistic = rng.normal(size=5)
    grid = np.linspace(-3, 3, 601)
    family = np.exp(np.outer(grid, statistic))
    family /= family.sum(axis=1, keepdims=True)
    divergence, likelihood = kl_divergence(p, family), expected_log_likelihood(p, np.log(family))
    assert np.argmin(divergence) == np.argmax(likelihood) not in (0, 600)
    np.testing.assert_allclose(divergence + likelihood, -entropy(p), rtol=1e-12)                         # the same for all


@pytest.mark.equation("V-38", "V-39", "V-40", "G-10", "G-12")
def test_average_is_the_logarithm_of_a_product(rng):
    x = rng.normal(1, 2, 30)
    model = Normal(0.5, 1.5)
    density = stats.norm(0.5, 1.5).pdf(x)
    np.testing.assert_allclose(average_log_likelihood(model, x), np.log(np.prod(density)) / 30, rtol=1e-12)      # (V-39), (V-40)
    np.testing.assert_allclose(average_log_likelihood(model, x), stats.norm(0.5, 1.5).logpdf(x).sum() / 30, rtol=1e-12)  # (V-38)
    x = np.tile(x, 100)
    assert np.prod(stats.norm(0.5, 1.5).pdf(x)) == 0 and np.isfinite(average_log_likelihood(model, x))   # why logarithms


def test_average_is_unbiased_for_the_expectation(rng):
    p, q = rng.dirichlet(np.ones(4), size=2)
    model = Categorical(q)
    averages = [average_log_likelihood(model, rng.choice(4, 20, p=p)) for _ in range(400)]
    mean, error = monte_carlo(averages)
    assert abs(mean - expected_log_likelihood(p, np.log(q))) < 4 * error and error < 0.03


@pytest.mark.equation("V-41", "G-11", "G-12")
def test_maximum_of_the_average_the_sum_and_the_product_is_one_place(rng):
    x = (rng.random(25) < 0.3).astype(float)
    grid = np.linspace(0.01, 0.99, 99)
    product = np.prod(np.where(x[:, None] == 1, grid, 1 - grid), axis=0)
    average = np.array([average_log_likelihood(Bernoulli(t), x) for t in grid])
    assert np.argmax(product) == np.argmax(average) == np.argmax(25 * average)
    assert abs(grid[np.argmax(product)] - x.mean()) <= 0.005 + 1e-12


# Monte Carlo ---------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("G-13", "G-14", "G-15")
def test_estimate_is_unbiased_by_enumeration(rng):
    """All 3^4 samples of size 4, each with its probability: the mean of the estimates is the expectation, to rounding."""
    p, g = rng.dirichlet(np.ones(3)), rng.normal(size=3)
    expectation = np.sum(g * p)                                                                          # (G-13)
    samples = np.array(list(itertools.product(range(3), repeat=4)))
    weights = np.prod(p[samples], axis=1)
    means = np.array([monte_carlo(g[s]).mean for s in samples])                                          # (G-14)
    np.testing.assert_allclose(np.sum(weights * means), expectation, rtol=1e-12)                         # (G-15)
    variance = np.sum(weights * (means - expectation) ** 2)
    np.testing.assert_allclose(variance, np.sum(p * (g - expectation) ** 2) / 4, rtol=1e-12)             # (G-17)
    errors = np.array([monte_carlo(g[s]).error for s in samples])
    np.testing.assert_allclose(np.sum(weights * errors ** 2), variance, rtol=1e-12)         # and the stated error is honest


@pytest.mark.equation("G-16", "G-17")
def test_variance_falls_as_one_over_t(rng):
    """G.4: the slope of log variance on log T is -1 within 0.02; of sigma 0.0065 here, so 3 sigma: false alarm 0.3 %."""
    sizes = 2 ** np.arange(1, 11)
    variance = [np.var([rng.exponential(size=(20_000, t)).mean(axis=1)]) for t in sizes]
    slope = np.polyfit(np.log(sizes), np.log(variance), 1)[0]
    assert abs(slope + 1) < 0.02
    running = np.cumsum(rng.exponential(size=200_000)) / np.arange(1, 200_001)                           # (G-16)
    assert np.max(np.abs(running[100_000:] - 1)) < 0.02 < np.max(np.abs(running[:200] - 1))


def test_error_covers_as_the_central_limit_theorem_says(rng):
    covered = 0
    for _ in range(2000):
        mean, error = monte_carlo(rng.exponential(size=200))
        covered += abs(mean - 1) < 1.96 * error
    assert 0.92 < covered / 2000 < 0.965                     # a little below 0.95 at T = 200, for a skewed law
    many = monte_carlo(rng.normal(size=(500, 3, 2)))
    assert many.mean.shape == many.error.shape == (3, 2)


# The coin ------------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("G-18", "G-19", "G-20", "G-21")
def test_likelihood_of_tosses(rng):
    for theta in (0.2, 0.6, 0.9):
        tosses = np.array([1, 1, 0, 1, 0])                                                               # H, H, T, H, T
        factors = np.where(tosses == 1, theta, 1 - theta)                                                # (G-18)
        np.testing.assert_allclose(np.prod(factors), theta * theta * (1 - theta) * theta * (1 - theta), rtol=1e-12)  # (G-19)
        np.testing.assert_allclose(np.prod(factors), theta ** 3 * (1 - theta) ** 2, rtol=1e-12)          # (G-20)
        np.testing.assert_allclose(coin_log_likelihood(theta, 3, 2), np.log(np.prod(factors)), rtol=1e-12)       # (G-21)
        np.testing.assert_allclose(np.sum(Bernoulli(theta).log_prob(tosses)), coin_log_likelihood(theta, 3, 2), rtol=1e-12)
    np.testing.assert_array_equal(coin_log_likelihood(np.array([0.0, 1.0]), 3, 0), [-np.inf, 0.0])
    check_gradients(lambda theta: coin_log_likelihood(theta, 3, 2), np.array([0.3, 0.8]), order=2)


@pytest.mark.equation("G-22")
@pytest.mark.parametrize("heads, tails", [(3, 2), (60, 40), (0, 4), (7, 0), (1, 1)])
def test_most_likely_coin(heads, tails):
    theta = coin_mle(heads, tails)
    found = optimize.minimize_scalar(lambda t: -coin_log_likelihood(t, heads, tails), bounds=(0, 1), method="bounded",
                                     options={"xatol": 1e-10})
    assert abs(found.x - theta) < 1e-6
    if heads and tails:
        assert abs(grad(coin_log_likelihood)(theta, heads, tails)) < 1e-10
        for t in np.linspace(0.01, 0.99, 50):                                                            # concave
            assert grad(grad(coin_log_likelihood))(t, heads, tails) < 0


# Gradients from some of the data -----------------------------------------------------------------------------------------------


def conditionals(theta, x):
    """An autoregressive model of three bits: logits of each are linear in those before; log p of each, (b, 3)."""
    logits = x @ np.tril(theta[:, :3], -1).T + theta[:, 3]
    return x * logits - np.logaddexp(0, logits)


@pytest.mark.equation("G-29", "G-30", "G-31", "G-32", "V-44", "V-45")
def test_minibatch_gradient_is_unbiased_by_enumeration_of_all_batches(rng):
    x, theta, m = (rng.random((6, 3)) < 0.5).astype(float), rng.normal(size=(3, 4)), 6
    log_prob = lambda theta, x: np.sum(conditionals(theta, x), axis=1)
    terms = [grad(lambda theta, i=i, j=j: conditionals(theta, x[j:j + 1])[0, i])(theta) for j in range(m) for i in range(3)]
    full = np.sum(terms, axis=0)                                                                         # (G-29)
    np.testing.assert_allclose(grad(lambda theta: np.sum(log_prob(theta, x)))(theta), full, rtol=1e-10)
    singles = [minibatch_gradient(log_prob, theta, x[[j]], m) for j in range(m)]                         # (G-32)
    np.testing.assert_allclose(np.mean(singles, axis=0), full, rtol=1e-10)                               # (G-30), (G-31)
    with_replacement = [minibatch_gradient(log_prob, theta, x[list(b)], m) for b in itertools.product(range(m), repeat=2)]
    without = [minibatch_gradient(log_prob, theta, x[list(b)], m) for b in itertools.combinations(range(m), 3)]
    for batches in (with_replacement, without):
        np.testing.assert_allclose(np.mean(batches, axis=0), full, rtol=1e-10)                           # (V-45)
    assert np.std(without, axis=0).max() < np.std(singles, axis=0).max()
    p = rng.dirichlet(np.ones(4))                                                                        # (V-44)
    f = lambda theta: np.stack([np.sin(k * theta) for k in range(4)])
    np.testing.assert_allclose(grad(lambda theta: np.sum(p * f(theta)))(0.7),
                               sum(p[k] * grad(lambda theta, k=k: f(theta)[k])(0.7) for k in range(4)), rtol=1e-12)


@pytest.mark.equation("V-43", "V-46")
def test_updates_walk_uphill_on_the_likelihood(rng):
    x = rng.normal(2.0, 1.0, 40)
    model = Normal(0.0, 1.0)
    stepped, _ = maximize_likelihood(model, x, SGD(0.1), epochs=1, batch_size=40)                        # one step, on all data
    np.testing.assert_allclose(stepped.mean, 0.1 * x.mean(), rtol=1e-10)                                 # (V-43)
    order = np.random.default_rng(3).permutation(40)                                                     # (V-46), by hand
    mean, log_std = 0.0, 0.0
    for batch in x[order].reshape(4, 10):
        z = (batch - mean) / np.exp(log_std)
        mean, log_std = mean + 0.1 * np.mean(z) / np.exp(log_std), log_std + 0.1 * np.mean(z ** 2 - 1)
    stepped, _ = maximize_likelihood(model, x, SGD(0.1), epochs=1, batch_size=10, rng=3)
    np.testing.assert_allclose([stepped.mean, stepped.log_std], [mean, log_std], rtol=1e-10)


def test_sgd_arrives_at_the_closed_form(rng):
    x = rng.multivariate_normal([1, -2], [[2, 0.8], [0.8, 1]], size=500)
    model, history = maximize_likelihood(MultivariateNormal(np.zeros(2), np.eye(2)), x, SGD(0.1), epochs=300, batch_size=500)
    np.testing.assert_allclose(model.mean, x.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(model.covariance, np.cov(x.T, bias=True), atol=1e-2)
    best = stats.multivariate_normal(x.mean(axis=0), np.cov(x.T, bias=True)).logpdf(x).mean()
    assert best - 1e-4 < average_log_likelihood(model, x) < best + 1e-12 and history.loss[-1] < history.loss[0]


# Conditional models, overfitting, regularization -------------------------------------------------------------------------------


@pytest.fixture
def curve(rng):
    x = rng.uniform(-1, 1, 30)
    return x, np.sin(3 * x) + 0.2 * rng.normal(size=30)


@pytest.mark.equation("G-34")
def test_conditional_loss_is_that_of_a_gaussian_around_the_curve(curve):
    x, y = curve
    model = fit_polynomial(x, y, 3)
    loss = -model.log_prob(y, x)
    np.testing.assert_allclose(loss, -stats.norm(model.predict(x), np.exp(model.log_std)).logpdf(y), rtol=1e-10)
    gradient = grad(lambda model: np.mean(-model.log_prob(y, x)))(model)                                 # it is the maximum
    np.testing.assert_allclose(gradient.weights, 0, atol=1e-9)
    np.testing.assert_allclose(gradient.log_std, 0, atol=1e-9)
    # the joint p(x, y) = p(x) p(y | x): what p(x) is has no say in the best p(y | x)
    for p_x in (stats.norm(0, 1), stats.uniform(-1, 2)):
        joint = lambda model, p_x=p_x: np.mean(p_x.logpdf(x) + model.log_prob(y, x))
        np.testing.assert_allclose(grad(joint)(model).weights, 0, atol=1e-9)


def test_polynomials_are_numpys_and_ridge_is_scikit_learns(curve):
    x, y = curve
    for degree in (0, 1, 5):
        expected = np.polynomial.Polynomial.fit(x, y, degree)(x)
        np.testing.assert_allclose(fit_polynomial(x, y, degree).predict(x), expected, atol=1e-9)
    X = np.polynomial.legendre.legvander(x, 8)
    for penalty in (0.1, 10.0):
        ridge = linear_model.Ridge(alpha=penalty, fit_intercept=False).fit(X, y)
        np.testing.assert_allclose(fit_polynomial(x, y, 8, penalty).weights, ridge.coef_, rtol=1e-8)
        closed = np.linalg.solve(X.T @ X + penalty * np.eye(9), X.T @ y)                                 # G.12
        np.testing.assert_allclose(fit_polynomial(x, y, 8, penalty).weights, closed, rtol=1e-8)
    interpolating = fit_polynomial(x[:6], y[:6], 5)
    np.testing.assert_allclose(interpolating.predict(x[:6]), y[:6], atol=1e-9)
    assert np.isfinite(interpolating.log_std)


def test_error_is_bias_and_variance_and_has_its_least_in_the_middle(rng):
    """G.11: the U-curve, over 200 trainings of 15 points each."""
    at, truth = np.linspace(-0.9, 0.9, 50), lambda x: np.sin(3 * x)
    total = []
    for degree in (1, 3, 5, 9):
        predictions = []
        for _ in range(200):
            x = rng.uniform(-1, 1, 15)
            predictions.append(fit_polynomial(x, truth(x) + 0.3 * rng.normal(size=15), degree).predict(at))
        bias, variance = bias_and_variance(np.array(predictions), truth(at))
        error = np.mean((predictions - truth(at)) ** 2, axis=0)
        np.testing.assert_allclose(bias + variance, error, rtol=1e-9)
        total.append((bias.mean(), variance.mean(), error.mean()))
    bias, variance, error = np.array(total).T
    assert np.argmin(error) == 1 and error[0] > 1.5 * error[1] and error[3] > 5 * error[1]
    assert bias[0] > 10 * bias[1] and np.all(np.diff(variance[1:]) > 0)


@pytest.mark.parametrize("call, message", [
    (lambda: coin_mle(0, 0), "not both zero"),
    (lambda: coin_mle(-1, 2), "-1 and 2"),
    (lambda: monte_carlo([1.0]), "at least two samples"),
    (lambda: fit_polynomial(np.zeros(3), np.zeros(4), 1), r"\(3,\) and \(4,\)"),
    (lambda: fit_polynomial(np.array([0.0, 2.0]), np.zeros(2), 1), "rescale"),
    (lambda: fit_polynomial(np.zeros(2), np.zeros(2), -1), "not be negative"),
])
def test_bad_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_polynomial_is_a_tree():
    model = Polynomial(np.array([1.0, 2.0]), 0.0)
    assert grad(lambda m: np.sum(m.predict(np.array([0.5]))))(model).weights.tolist() == [1.0, 0.5]
