"""Generative and discriminative classifiers: scikit-learn, Bayes' rule by hand, marginals by quadrature, and digits."""
import numpy as np
import pytest
from scipy import integrate, special, stats
from sklearn import discriminant_analysis, linear_model, naive_bayes

from edugen import check_gradients, grad
from edugen.autodiff import log_softmax
from edugen.background import (
    GenerativeClassifier,
    LogisticRegression,
    discretize,
    fit_bernoulli,
    fit_gaussian,
    fit_logistic,
    logistic_gradient,
)
from edugen.data import digits
from edugen.distributions import Bernoulli, Categorical, DiagonalNormal, Independent, MultivariateNormal


@pytest.fixture
def clouds(rng):
    """x (90, 3) and y of three unequal classes that overlap."""
    y = np.repeat([0, 1, 2], [20, 30, 40])
    return rng.normal(size=(3, 3))[y] + rng.normal(size=(90, 3)) @ rng.normal(size=(3, 3)), y


@pytest.fixture(scope="module")
def split():
    return digits(split="random", seed=0)


@pytest.fixture(scope="module")
def quadratic(split):
    return fit_gaussian(*split.train, covariance="full", ridge=0.01)


@pytest.fixture(scope="module")
def logistic(split):
    return fit_logistic(*split.train)


# Fitting ----------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-9", "V-35")
def test_linear_discriminant_analysis_is_that_of_scikit_learn(clouds):
    x, y = clouds
    peer = discriminant_analysis.LinearDiscriminantAnalysis(solver="lsqr").fit(x, y)      # its covariance is divided by N too
    model = fit_gaussian(x, y)
    np.testing.assert_allclose(model.features.mean, peer.means_, rtol=1e-10)
    np.testing.assert_allclose(model.features.covariance, peer.covariance_, rtol=1e-9)
    np.testing.assert_allclose(model.posterior(x), peer.predict_proba(x), rtol=1e-8)


def test_quadratic_discriminant_analysis_is_that_of_scikit_learn(clouds):
    x, y = clouds
    model = fit_gaussian(x, y, "full")
    for k in range(3):
        np.testing.assert_allclose(model.features.covariance[k], np.cov(x[y == k].T, bias=True), rtol=1e-9)
    peer = discriminant_analysis.QuadraticDiscriminantAnalysis(store_covariance=True).fit(x, y)
    theirs = GenerativeClassifier(model.prior, MultivariateNormal(model.features.mean, np.stack(peer.covariance_)))
    np.testing.assert_allclose(theirs.posterior(x), peer.predict_proba(x), rtol=1e-7, atol=1e-12)   # divided by N or by N - 1


def test_naive_bayes_is_that_of_scikit_learn(clouds, rng):
    x, y = clouds
    peer = naive_bayes.GaussianNB(var_smoothing=0).fit(x, y)
    np.testing.assert_allclose(fit_gaussian(x, y, "diagonal").posterior(x), peer.predict_proba(x), rtol=1e-9)
    bits = (x > 0.2).astype(int)
    for alpha in (1.0, 0.3):
        peer = naive_bayes.BernoulliNB(alpha=alpha).fit(bits, y)
        np.testing.assert_allclose(fit_bernoulli(bits, y, alpha).posterior(bits), peer.predict_proba(bits), rtol=1e-9)


def test_logistic_regression_is_that_of_scikit_learn(clouds):
    x, y = clouds
    peer = linear_model.LogisticRegression(C=1 / (0.1 * len(y)), tol=1e-10, max_iter=5000).fit(x, y)
    model = fit_logistic(x, y, penalty=0.1)
    np.testing.assert_allclose(model.posterior(x), peer.predict_proba(x), atol=1e-5)
    np.testing.assert_allclose(model.W - model.W.mean(axis=0), peer.coef_, atol=1e-4)


def test_gradient_by_hand_is_that_of_the_engine(clouds, rng):
    x, y = clouds
    model = LogisticRegression(rng.normal(size=(3, 3)), rng.normal(size=3))
    loss = lambda m: (-np.mean(log_softmax(x @ m.W.T + m.b, axis=1)[np.arange(90), y]) + 0.5 * 0.3 * np.sum(m.W ** 2))
    value, slope = logistic_gradient(model, x, y, penalty=0.3)
    by_engine = grad(loss)(model)
    np.testing.assert_allclose(value, loss(model), rtol=1e-12)
    np.testing.assert_allclose(slope.W, by_engine.W, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(slope.b, by_engine.b, rtol=1e-10, atol=1e-14)


# The joint distribution -------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-8", "V-9", "V-15", "V-35")
def test_joint_marginal_and_posterior(clouds):
    x, y = clouds
    model = fit_gaussian(x, y, "full")
    prior = np.bincount(y) / len(y)
    joint = np.stack([prior[k] * stats.multivariate_normal(x[y == k].mean(axis=0), np.cov(x[y == k].T, bias=True)).pdf(x)
                      for k in range(3)], axis=1)
    np.testing.assert_allclose(np.exp(model.log_joint(x)), joint, rtol=1e-9)                         # (V-8)
    np.testing.assert_allclose(np.exp(model.log_prob(x)), joint.sum(axis=1), rtol=1e-9)              # (V-15)
    np.testing.assert_allclose(model.posterior(x), joint / joint.sum(axis=1, keepdims=True), rtol=1e-9)      # (V-35)
    np.testing.assert_array_equal(model.predict(x), joint.argmax(axis=1))
    check_gradients(lambda m: m.log_prob(x[:5]), model, order=2)


@pytest.mark.equation("V-33", "V-34")
def test_a_joint_probability_is_no_larger_than_the_conditional_one(rng):
    """Of binary images, where probabilities are masses: p(y, x) = p(y | x) p(x), and p(x) is at most one."""
    model = GenerativeClassifier(Categorical([0.3, 0.7]), Independent(Bernoulli(rng.uniform(size=(2, 4)))))
    every = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1).reshape(16, 4)
    joint, conditional = np.exp(model.log_joint(every)), model.posterior(every)
    np.testing.assert_allclose(joint.sum(), 1, rtol=1e-12)
    np.testing.assert_allclose(joint, conditional * np.exp(model.log_prob(every))[:, None], rtol=1e-12)
    assert np.all(joint < conditional)


def test_one_covariance_makes_the_posterior_linear(clouds, rng):
    model = fit_gaussian(*clouds)
    other = rng.normal(size=(50, 3)) * 10
    np.testing.assert_allclose(model.linear().posterior(other), model.posterior(other), rtol=1e-8, atol=1e-300)
    with pytest.raises(ValueError, match="linear only where all classes share one covariance"):
        fit_gaussian(*clouds, "full").linear()


# What is missing --------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-5")
@pytest.mark.parametrize("covariance", ["shared", "full", "diagonal"])
def test_missing_features_are_integrated_out(clouds, covariance):
    """Against quadrature over the missing feature, and over both of two."""
    model, box = fit_gaussian(*clouds, covariance), (-40.0, 40.0)
    x = clouds[0][:4].copy()
    full = x.copy()
    x[0, 1], x[1, 2], x[2, :2] = np.nan, np.nan, np.nan
    got = np.exp(model.log_joint(x))
    for row, j in ((0, 1), (1, 2)):
        def one(v, k, row=row, j=j):
            return np.exp(model.log_joint(np.where(np.arange(3) == j, v, full[row])[None])[0, k])
        np.testing.assert_allclose(got[row], [integrate.quad(one, *box, args=(k,), epsabs=1e-14, limit=300)[0] for k in range(3)],
                                   rtol=1e-7)
    for k in range(3):
        def two(a, b, k=k):
            points = np.stack([a, b, np.full_like(a, full[2, 2])], axis=-1)
            return np.exp(model.log_joint(points.reshape(-1, 3))[:, k].reshape(a.shape)) / got[2, k]
        discretize(two, {"a": box, "b": box}, points=250)    # refuses what does not integrate to one
    np.testing.assert_allclose(model.log_joint(x)[3], model.log_joint(full)[3], rtol=1e-12)


@pytest.mark.equation("V-6")
def test_missing_pixels_are_summed_out(rng):
    model = GenerativeClassifier(Categorical([0.3, 0.7]), Independent(Bernoulli(rng.uniform(size=(2, 4)))))
    x = np.array([[1, np.nan, 0, np.nan], [np.nan] * 4])
    pairs = np.array([[1, a, 0, b] for a in (0, 1) for b in (0, 1)])
    np.testing.assert_allclose(model.log_joint(x)[0], special.logsumexp(model.log_joint(pairs), axis=0), rtol=1e-12)
    np.testing.assert_allclose(np.exp(model.log_joint(x)[1]), [0.3, 0.7], rtol=1e-12)                # nothing seen: the prior


def test_a_discriminative_model_refuses_what_is_missing(clouds):
    model = fit_logistic(*clouds)
    with pytest.raises(ValueError, match="needs the whole of x"):
        model.predict(np.array([[0.0, np.nan, 1.0]]))


def test_samples_are_of_the_joint_distribution():
    """Shares and means within 5 standard errors."""
    model = GenerativeClassifier(Categorical([0.2, 0.8]), DiagonalNormal(np.array([[-2.0, 0.0], [1.0, 3.0]]), np.ones(2)))
    x, y = model.sample(0, 10_000)
    assert abs(np.mean(y) - 0.8) < 5 * np.sqrt(0.16 / 10_000)
    for k in range(2):
        np.testing.assert_array_less(np.abs(x[y == k].mean(axis=0) - model.features.mean[k]), 5 / np.sqrt(np.sum(y == k)))
    np.testing.assert_array_equal(model.sample(7, 5)[0], model.sample(np.random.default_rng(7), 5)[0])


# Digits -----------------------------------------------------------------------------------------------------------------


def share(model, x, y):
    return np.mean(model.predict(x) == y)


def test_digits_a_generative_model_can_be_the_better_classifier(split, quadratic, logistic):
    assert share(quadratic, *split.test) > 0.98 and share(logistic, *split.test) < 0.975            # 99.1 % and 96.9 %


def test_digits_half_an_image_is_enough_for_a_model_of_images(split, quadratic, logistic):
    half = split.test.x.copy()
    half[:, 32:] = np.nan
    filled = np.where(np.isnan(half), split.train.x.mean(axis=0), half)
    assert share(quadratic, half, split.test.y) > 0.88                                               # 91.1 %
    assert share(logistic, filled, split.test.y) < 0.72                                              # 67.8 %


def test_digits_turned_on_their_side_are_known_by_density_and_not_by_doubt(split, quadratic, logistic):
    turned = np.rot90(split.test.x.reshape(-1, 8, 8), axes=(1, 2)).reshape(-1, 64)
    threshold = np.quantile(quadratic.log_prob(split.validation.x), 0.01)
    assert np.mean(quadratic.log_prob(turned) < threshold) > 0.95
    assert np.mean(quadratic.log_prob(split.test.x) < threshold) < 0.03
    sure = lambda x: logistic.posterior(x).max(axis=1).mean()
    assert sure(turned) > sure(split.test.x) - 0.02          # as sure of what is no digit


def test_digits_a_little_noise_in_the_worst_direction(split, quadratic, logistic):
    """Steps of 0.2 a pixel against the logistic regression: random ones do little, chosen ones ruin it (Vidal, figure 1.1)."""
    x, y = split.test
    push = np.sign((logistic.posterior(x) - np.eye(10)[y]) @ logistic.W)         # the slope of -log p(y | x) in x
    chosen = np.clip(x + 0.2 * push, 0, 1)
    blind = np.clip(x + 0.2 * np.random.default_rng(0).choice([-1, 1], x.shape), 0, 1)
    assert share(logistic, chosen, y) < 0.15 and share(logistic, blind, y) > 0.9
    assert share(quadratic, chosen, y) > 0.5
    assert stats.mannwhitneyu(quadratic.log_prob(x), quadratic.log_prob(chosen)).statistic > 0.97 * len(x) ** 2


# Errors -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, message", [
    (lambda: fit_gaussian(np.zeros((3, 2)), np.array([0, 2, 2])), "every class from 0 to 2 must occur in y; there is no 1"),
    (lambda: fit_gaussian(np.zeros((3, 2)), np.array([0.0, 1.0, 1.0])), r"y integers \(N,\), .* float64"),
    (lambda: fit_gaussian(np.zeros((3, 2)), np.array([0, 1])), r"got shapes \(3, 2\) and \(2,\)"),
    (lambda: fit_gaussian(np.full((2, 2), np.nan), np.array([0, 1])), "fully observed"),
    (lambda: fit_gaussian(np.zeros((4, 2)), np.array([0, 1, 0, 1])), "positive definite"),
    (lambda: fit_gaussian(np.eye(2), np.array([0, 1]), "round"), 'must be "shared", "full" or "diagonal"'),
    (lambda: fit_logistic(np.eye(2), np.array([0, 1]), 0.0), "penalty must be positive"),
    (lambda: fit_bernoulli(np.eye(2), np.array([0, 1]), 0.0), "smoothing must be positive"),
    (lambda: GenerativeClassifier(Categorical([0.5, 0.5]), MultivariateNormal(np.zeros((3, 2)), np.eye(2))),
     r"one distribution for each class, a batch \(2,\), got the batch \(3,\)"),
    (lambda: GenerativeClassifier(Categorical([0.5, 0.5]), np.zeros((2, 3))), "got ndarray"),
])
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
