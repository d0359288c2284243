"""The Gaussian: parts against inverses, quadrature and samples; the likelihood line by line; the estimates against the engine."""
import numpy as np
import pytest
from scipy import stats

from edugen import check_gradients, grad
from edugen.background import (
    complete,
    conditional,
    discretize,
    fit_normal,
    gauss_legendre,
    log_likelihood,
    log_likelihood_in_precision,
    mean_gradient,
    mixture_log_prob,
    precision_conditional,
    precision_gradient,
    precision_marginal,
)
from edugen.data import digits
from edugen.distributions import Categorical, MultivariateNormal


@pytest.fixture
def p(rng):
    a = rng.normal(size=(5, 5))
    return MultivariateNormal(rng.normal(size=5), a @ a.T + 0.3 * np.eye(5))


@pytest.fixture
def x(p, rng):
    return p.sample(rng, 40)


# Density and parts ------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-2", "V-47")
def test_density_is_the_formula(p, x):
    S, D = p.covariance, 5
    d = x - p.mean
    form_2 = (2 * np.pi) ** (-D / 2) * np.linalg.det(S) ** -0.5 * np.exp(-0.5 * np.einsum("ni,ij,nj->n", d, np.linalg.inv(S), d))
    form_47 = np.exp(-0.5 * np.einsum("ni,ij,nj->n", d, np.linalg.inv(S), d)) / np.sqrt((2 * np.pi) ** D * np.linalg.det(S))
    np.testing.assert_allclose(np.exp(p.log_prob(x)), form_2, rtol=1e-9)                             # (V-2)
    np.testing.assert_allclose(form_47, form_2, rtol=1e-12)                                          # (V-47)


@pytest.mark.equation("V-10")
def test_blocks_make_up_the_whole(p, rng):
    order = rng.permutation(5)
    a, b = order[:2], order[2:]
    S = p.covariance
    whole = np.block([[S[np.ix_(a, a)], S[np.ix_(a, b)]], [S[np.ix_(a, b)].T, S[np.ix_(b, b)]]])
    x = p.sample(rng, 6)
    np.testing.assert_allclose(MultivariateNormal(p.mean[order], whole).log_prob(x[:, order]), p.log_prob(x), rtol=1e-10)


@pytest.mark.equation("V-11")
def test_marginal_is_the_integral_over_the_rest():
    p = MultivariateNormal([0.5, -1.0], [[1.0, 0.9], [0.9, 2.0]])
    nodes, weights = gauss_legendre(-14.0, 12.0, 120)
    a = np.linspace(-2, 3, 7)
    grid = np.stack(np.broadcast_arrays(a[:, None], nodes), axis=-1)
    np.testing.assert_allclose(np.exp(p.log_prob(grid)) @ weights, np.exp(p.marginal([0]).log_prob(a[:, None])), rtol=1e-9)


@pytest.mark.equation("V-12", "V-13", "V-14")
@pytest.mark.parametrize("b", [[4], [2, 0], [1, 2, 3, 4], np.array([True, False, False, True, False])])
def test_conditional_is_joint_over_marginal(p, rng, b):
    """log p(x_a | x_b) = log p(x) - log p(x_b), at points that have nothing to do with the mean."""
    x = rng.normal(size=(7, 5))
    known = np.arange(5)[b] if np.asarray(b).dtype == bool else np.asarray(b)
    a = np.setdiff1d(np.arange(5), known)
    got = conditional(p, b, x[:, known])
    assert got.batch_shape == (7,) and got.event_shape == (len(a),)
    np.testing.assert_allclose(got.log_prob(x[:, a]), p.log_prob(x) - p.marginal(known).log_prob(x[:, known]), rtol=1e-8)
    S = p.covariance
    inverse = np.linalg.inv(S[np.ix_(known, known)])
    np.testing.assert_allclose(got.covariance, S[np.ix_(a, a)] - S[np.ix_(a, known)] @ inverse @ S[np.ix_(a, known)].T, rtol=1e-8)
    np.testing.assert_allclose(got.mean[0], p.mean[a] + S[np.ix_(a, known)] @ inverse @ (x[0, known] - p.mean[known]), rtol=1e-8)


@pytest.mark.equation("V-13", "V-14")
def test_conditional_is_the_regression_of_samples():
    """Least squares of x_a on x_b: coefficients within 5 of their standard errors, the spread of residuals within 2 %."""
    rng = np.random.default_rng(1)
    p = MultivariateNormal([1.0, -1.0, 0.5], [[2.0, 0.8, -0.5], [0.8, 1.0, 0.1], [-0.5, 0.1, 1.5]])
    x, n = p.sample(rng, 60_000), 60_000
    design = np.column_stack([np.ones(n), x[:, 1:]])
    beta, residual, *_ = np.linalg.lstsq(design, x[:, 0], rcond=None)
    at = conditional(p, [1, 2], np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    expected = np.array([at.mean[0, 0], at.mean[1, 0] - at.mean[0, 0], at.mean[2, 0] - at.mean[0, 0]])
    errors = np.sqrt(at.covariance[0, 0] * np.diag(np.linalg.inv(design.T @ design)))
    assert np.all(np.abs(beta - expected) < 5 * errors)
    np.testing.assert_allclose(residual[0] / n, at.covariance[0, 0], rtol=0.03)


@pytest.mark.equation("V-13", "V-14", "V-55")
def test_precision_form_is_the_other_way_round(p, rng):
    S, b, x_b = np.linalg.inv(p.covariance), [3, 1], rng.normal(size=(4, 2))
    mean, precision = precision_conditional(p.mean, S, b, x_b)
    other = conditional(p, b, x_b)
    np.testing.assert_allclose(mean, other.mean, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.inv(precision), other.covariance, rtol=1e-9)
    np.testing.assert_allclose(precision_marginal(S, [3, 1]), np.linalg.inv(p.marginal([3, 1]).covariance), rtol=1e-9)
    np.testing.assert_allclose(S, p.precision, rtol=1e-8)                                            # (V-55)


def test_a_zero_in_the_precision_is_independence_given_the_rest():
    chain = np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]])
    p = MultivariateNormal(np.zeros(3), precision=chain)
    assert abs(p.covariance[0, 2]) > 0.2 and abs(conditional(p, [1], np.zeros(1)).covariance[0, 1]) < 1e-12


@pytest.mark.equation("V-15")
def test_mixture_is_a_sum_over_components(rng):
    pi, means = rng.dirichlet(np.ones(3)), 2 * rng.normal(size=(3, 2))
    covs = np.stack([np.diag(rng.uniform(0.3, 2, 2)) for _ in range(3)])
    components, prior, x = MultivariateNormal(means, covs), Categorical(pi), rng.normal(size=(6, 2))
    by_hand = sum(pi[k] * stats.multivariate_normal(means[k], covs[k]).pdf(x) for k in range(3))
    np.testing.assert_allclose(np.exp(mixture_log_prob(prior, components, x)), by_hand, rtol=1e-10)
    density = lambda a, b: np.exp(mixture_log_prob(prior, components, np.stack([a, b], -1).reshape(-1, 2))).reshape(a.shape)
    table = discretize(density, {"a": (-14, 14), "b": (-14, 14)}, points=160)                        # integrates to one, and
    np.testing.assert_allclose(table.expectation(["a", "b"]), pi @ means, atol=1e-7)                 # has the mean of means
    check_gradients(lambda c: mixture_log_prob(prior, c, x), components, order=2)


# The likelihood ---------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-48", "V-49", "V-50")
def test_likelihood_of_n_observations_line_by_line(p, rng):
    x = p.sample(rng, 6)
    S, d, N, D = p.covariance, x - p.mean, 6, 5
    q = np.einsum("ni,ij,nj->n", d, np.linalg.inv(S), d)
    line_48 = np.exp(-0.5 * q.sum()) / ((2 * np.pi) ** (N * D / 2) * np.linalg.det(S) ** (N / 2))
    np.testing.assert_allclose(line_48, np.prod(np.exp(p.log_prob(x))), rtol=1e-8)                   # (V-48)
    line_49 = sum(-D / 2 * np.log(2 * np.pi) - 0.5 * np.log(np.linalg.det(S)) - 0.5 * q[i] for i in range(N))
    np.testing.assert_allclose(line_49, np.log(line_48), rtol=1e-10)                                 # (V-49), with its half
    line_50 = -N * D / 2 * np.log(2 * np.pi) - N / 2 * np.log(np.linalg.det(S)) - 0.5 * q.sum()
    np.testing.assert_allclose(line_50, line_49, rtol=1e-12)                                         # (V-50)
    np.testing.assert_allclose(log_likelihood(p.mean, S, x), line_50, rtol=1e-10)


@pytest.mark.equation("V-55", "V-56", "V-57", "V-58")
def test_trace_trick_line_by_line(p, x):
    sigma, N, D = p.covariance, 40, 5
    S, d = np.linalg.inv(sigma), x - p.mean                                                          # (V-55)
    for v in d[:5]:
        np.testing.assert_allclose(np.trace(S @ np.outer(v, v)), v @ S @ v, rtol=1e-10)              # (V-56)
    scatter = sum(np.outer(v, v) for v in d)
    line_57 = -N * D / 2 * np.log(2 * np.pi) - N / 2 * np.log(np.linalg.det(np.linalg.inv(S))) - 0.5 * np.trace(S @ scatter)
    np.testing.assert_allclose(line_57, log_likelihood(p.mean, sigma, x), rtol=1e-10)                # (V-57)
    line_58 = -N * D / 2 * np.log(2 * np.pi) + N / 2 * np.log(np.linalg.det(S)) - 0.5 * np.trace(S @ scatter)
    np.testing.assert_allclose(line_58, line_57, rtol=1e-12)                                         # (V-58)
    np.testing.assert_allclose(log_likelihood_in_precision(p.mean, S, x), line_58, rtol=1e-10)


@pytest.mark.equation("V-52", "V-59")
def test_gradients_by_hand_are_those_of_the_engine(p, x, rng):
    """Away from the maximum, where no slope is zero; and the engine's against central differences."""
    mean, sigma = p.mean + rng.normal(size=5), p.covariance + np.eye(5)
    S = np.linalg.inv(sigma)
    np.testing.assert_allclose(mean_gradient(mean, sigma, x), grad(log_likelihood)(mean, sigma, x), rtol=1e-9)       # (V-52)
    np.testing.assert_allclose(mean_gradient(mean, sigma, x), sum(S @ (row - mean) for row in x), rtol=1e-9)
    by_engine = grad(log_likelihood_in_precision, 1)(mean, S, x)
    np.testing.assert_allclose(precision_gradient(mean, S, x), by_engine, rtol=1e-8)                 # (V-59)
    check_gradients(lambda m, S: log_likelihood_in_precision(m, S, x), mean, S, order=2)


@pytest.mark.equation("V-51", "V-53", "V-54", "V-60", "V-61")
def test_no_slope_is_left_at_the_estimates(x, rng):
    q = fit_normal(x)
    mean, sigma = q.mean, q.covariance
    np.testing.assert_allclose(mean, sum(x) / 40, rtol=1e-12)                                        # (V-54)
    np.testing.assert_allclose(sigma, sum(np.outer(v - mean, v - mean) for v in x) / 40, rtol=1e-10)         # (V-60), (V-61)
    np.testing.assert_allclose(np.sum(x - mean, axis=0), 0, atol=1e-12)                              # (V-53)
    slopes = grad(log_likelihood, (0, 1))(mean, sigma, x)
    assert max(np.max(np.abs(g)) for g in slopes) < 1e-10 * 40                                       # (V-51)
    np.testing.assert_allclose(precision_gradient(mean, np.linalg.inv(sigma), x), 0, atol=1e-10)
    best = log_likelihood(mean, sigma, x)
    for _ in range(200):                                                                             # and it is a maximum
        step = 0.1 * rng.normal(size=(5, 5))
        assert log_likelihood(mean + 0.1 * rng.normal(size=5), sigma + step @ step.T, x) < best


@pytest.mark.equation("V-60")
def test_covariance_about_a_mean_that_is_given(x):
    """With the mean held where it is, the slope vanishes at the scatter about that mean: (V-60) as it stands."""
    mu = np.ones(5)
    sigma = sum(np.outer(v - mu, v - mu) for v in x) / 40
    np.testing.assert_allclose(grad(log_likelihood, 1)(mu, sigma, x), 0, atol=1e-9)


@pytest.mark.equation("V-61")
def test_covariance_comes_out_too_small_by_one_part_in_n():
    """20,000 data sets of 5 observations: the mean of the estimates within 5 standard errors of (N - 1) / N times the truth."""
    truth, N, runs = np.array([[2.0, 0.6], [0.6, 1.0]]), 5, 20_000
    x = MultivariateNormal(np.zeros(2), truth).sample(0, (runs, N))
    d = x - x.mean(axis=1, keepdims=True)
    estimates = np.einsum("rni,rnj->rij", d, d) / N
    np.testing.assert_allclose(estimates[0], fit_normal(x[0]).covariance, rtol=1e-8)
    errors = estimates.std(axis=0) / np.sqrt(runs)
    assert np.all(np.abs(estimates.mean(axis=0) - (N - 1) / N * truth) < 5 * errors)
    assert np.abs(estimates.mean(axis=0) - truth)[0, 0] > 20 * errors[0, 0]
    about_truth = np.einsum("rni,rnj->rij", x, x) / N                                                # the true mean: no bias
    assert np.all(np.abs(about_truth.mean(axis=0) - truth) < 5 * about_truth.std(axis=0) / np.sqrt(runs))


# Digits -----------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-13", "V-14")
def test_lower_half_of_a_digit_from_its_upper_half():
    train, _, test = digits(split="random", seed=0)
    model = fit_normal(train.x, ridge=0.01)
    torn = test.x.copy()
    torn[:, 32:] = np.nan
    filled, std = complete(model, torn)
    np.testing.assert_array_equal(filled[:, :32], test.x[:, :32])
    assert np.all(std[:, :32] == 0) and np.all(std[:, 32:] > 0)
    error = np.mean((filled - test.x)[:, 32:] ** 2)
    assert error < 0.70 * np.mean((train.x.mean(axis=0) - test.x)[:, 32:] ** 2)                      # 0.66
    varied = np.flatnonzero(train.x.var(axis=0)[32:] > 0.05) + 32
    z = (filled - test.x)[:, varied] / std[:, varied]        # errors are as large as the conditional covariance says
    assert 0.7 < np.mean(z ** 2) < 1.1 and np.mean(np.abs(z) < 2) > 0.95


# Errors -----------------------------------------------------------------------------------------------------------------


TWO = MultivariateNormal(np.zeros(2), np.eye(2))


@pytest.mark.parametrize("call, message", [
    (lambda: conditional(TWO, [0], np.zeros(2)), r"one value for each of the 1 known coordinates, got shape \(2,\)"),
    (lambda: conditional(TWO, [0, 1], np.zeros(2)), "nothing is left"),
    (lambda: conditional(TWO, [2], np.zeros(1)), r"distinct integers in 0\.\.1"),
    (lambda: conditional(TWO, [0, 0], np.zeros(2)), "distinct integers"),
    (lambda: conditional(MultivariateNormal(np.zeros((3, 2)), np.eye(2)), [0], np.zeros(1)), r"a batch of shape \(3,\)"),
    (lambda: complete(TWO, np.zeros((2, 3))), r"x must be \(N, 2\)"),
    (lambda: fit_normal(np.zeros(3)), r"\(N, D\)"),
    (lambda: fit_normal(np.zeros((3, 2))), "positive definite"),
    (lambda: fit_normal(np.array([[1.0], [np.nan]])), "finite"),
    (lambda: fit_normal(np.eye(2), -1.0), "ridge must not be negative"),
])
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_nothing_known_and_nothing_missing(p):
    np.testing.assert_allclose(conditional(p, [], np.zeros(0)).covariance, p.covariance, rtol=1e-9)
    filled, std = complete(p, np.array([[np.nan] * 5, [1.0] * 5]))
    np.testing.assert_allclose(filled, [p.mean, np.ones(5)])
    np.testing.assert_allclose(std, [np.sqrt(p.variance), np.zeros(5)])
