"""The three terms by enumeration of labels and models, by retraining, and by scikit-learn's own example."""
import math

import numpy as np
import pytest

from edugen.classification import LinearEnergy, decompose, decompose_labels, k_nearest, move_weight, retrain


@pytest.fixture
def world(rng):
    """p(x), p(y = 1 | x), q(theta), and predictions (M, N) of -1 and 1: everything finite."""
    n, m = 7, 5
    return rng.dirichlet(np.ones(n)), rng.random(n), rng.dirichlet(np.ones(m)), rng.choice([-1, 1], size=(m, n))


def every(world):
    """All (probability, x, y, theta)."""
    px, p, q, predictions = world
    for i in range(len(px)):
        for y in (-1, 1):
            for m in range(len(q)):
                yield px[i] * (p[i] if y == 1 else 1 - p[i]) * q[m], i, y, predictions[m, i]               # (2.117)


@pytest.mark.equation("2.116", "2.117", "2.118", "2.119", "2.120", "2.121", "2.122", "2.123", "2.124")
def test_terms_add_up_to_the_error_that_enumeration_finds(world):
    px, p, q, predictions = world
    assert math.isclose(sum(weight for weight, *_ in every(world)), 1)
    wrong = sum(weight * (y != guess) for weight, _, y, guess in every(world))
    assert math.isclose(sum(weight * (y - guess) ** 2 / 4 for weight, _, y, guess in every(world)), wrong)         # (2.116)
    mu, guessed = 2 * p - 1, q @ predictions                                                                # (2.123), (2.124)
    expected = lambda f: sum(weight * f(i, y, guess) for weight, i, y, guess in every(world))
    square = expected(lambda i, y, guess: (y - mu[i]) ** 2 + mu[i] ** 2)                                    # (2.118)
    square += expected(lambda i, y, guess: (guess - guessed[i]) ** 2 + guessed[i] ** 2)                     # (2.119)
    cross = expected(lambda i, y, guess: (y - mu[i]) * (guess - guessed[i]))
    square += -2 * cross - 2 * px @ (mu * guessed)                                                          # (2.120)
    assert abs(cross) < 1e-15 and math.isclose(square, 4 * wrong, rel_tol=1e-12)
    terms = decompose_labels(predictions, p, q)
    assert math.isclose(px @ terms.noise, expected(lambda i, y, guess: (y - mu[i]) ** 2), rel_tol=1e-12)    # (2.121) (a)
    assert math.isclose(px @ terms.variance, expected(lambda i, y, guess: (guess - guessed[i]) ** 2), rel_tol=1e-12)       # (b)
    assert math.isclose(px @ terms.bias, px @ (mu - guessed) ** 2, rel_tol=1e-12)                           # (2.122) (c)
    assert math.isclose(px @ terms.total / 4, wrong, rel_tol=1e-12)
    mean = terms.mean(px)
    assert math.isclose(mean["total"], mean["noise"] + mean["variance"] + mean["bias"]) and math.isclose(mean["total"], 4 * wrong)


def test_the_cross_term_is_there_when_the_model_has_seen_the_label():
    """Independence is what makes it zero: a model that repeats the label it is tested on has no error, and the sum is wrong."""
    rng = np.random.default_rng(0)
    y = rng.choice([-1, 1], size=100_000)
    terms = decompose_labels(y[:, None], np.array([0.5]))
    assert abs(terms.total[0] / 4 - 0.5) < 0.01 and np.mean((y - y) ** 2) == 0


def test_regression_has_the_same_terms(rng):
    predictions, mean, std = rng.normal(size=(6, 4)), rng.normal(size=4), rng.random(4)
    terms = decompose(predictions, mean, std ** 2)
    drawn = mean + std * rng.normal(size=(200_000, 4))
    square = np.mean((drawn[:, None] - predictions) ** 2, axis=(0, 1))
    np.testing.assert_allclose(terms.total, square, rtol=0.02)
    np.testing.assert_allclose(terms.variance, predictions.var(axis=0))
    np.testing.assert_allclose(terms.mean()["bias"], np.mean((mean - predictions.mean(axis=0)) ** 2))


def test_one_model_has_no_variance_and_a_sure_label_no_noise(world):
    _, p, _, predictions = world
    one = decompose_labels(predictions[:1], p)
    assert not one.variance.any() and np.all(decompose_labels(predictions, np.round(p)).noise == 0)


@pytest.mark.parametrize("arguments, message", [
    ((np.ones((2, 3)), np.ones(2), np.ones(3)), r"got shapes \(2, 3\), \(2,\) and \(3,\)"),
    ((np.ones(3), np.ones(3), np.ones(3)), r"predictions must be an array \(M, N\)"),
    ((np.ones((0, 3)), np.ones(3), np.ones(3)), r"got shapes \(0, 3\)"),
    ((np.ones((2, 1)), np.ones(1), -np.ones(1)), "target_variance must be at least 0, got -1.0"),
    ((np.ones((2, 1)), np.ones(1), np.ones(1), np.ones(2)), "weights must be a probability for each of 2 models, with sum 1"),
    ((np.ones((2, 1)), np.ones(1), np.ones(1), np.ones(1)), r"got shape \(1,\)"),
])
def test_what_is_no_decomposition_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        decompose(*arguments)


def test_labels_of_0_and_1_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"predictions must be -1 or 1, got \[0 1\]: for labels 0 and 1 take 2 y - 1"):
        decompose_labels(np.array([[0, 1]]), np.array([0.2, 0.3]))
    with pytest.raises(ValueError, match="p must be probabilities of the label 1, got numbers from 0.2 to 1.3"):
        decompose_labels(np.array([[1, 1]]), np.array([0.2, 1.3]))


# Models trained anew --------------------------------------------------------------------------------------------------------

def wave(x):
    return 0.5 + 0.3 * np.sign(np.sin(x[:, 0]))                                  # p(y = 1 | x): stripes


def labels(rng, n=100):
    x = rng.uniform(-4, 4, size=(n, 1))
    return x, np.where(rng.random(n) < wave(x), 1, -1)


def vote(k):
    def fit(rng, x, y):
        near = k_nearest(x, y, k)
        return lambda at: np.sign(near(at))
    return fit


def test_error_over_model_size_is_a_u_and_its_two_sides_have_two_reasons():
    at = np.linspace(-4, 4, 120)[:, None]
    ks = (1, 9, 35)
    terms = [decompose_labels(retrain(vote(k), labels, at, models=150), wave(at)).mean() for k in ks]
    total, bias, variance = ([each[name] for each in terms] for name in ("total", "bias", "variance"))
    assert total[0] > 1.2 * total[1] and total[2] > 1.2 * total[1]
    assert variance[0] > 2 * variance[1] and bias[2] > 3 * bias[1] > 3 * bias[0]
    test = [np.mean([np.mean(vote(k)(None, *labels(rng))(x) != y)                # the errors on fresh data, counted
                     for rng in np.random.default_rng(1).spawn(150) for x, y in [labels(rng, 200)]]) for k in ks]
    np.testing.assert_allclose(np.array(total) / 4, test, atol=0.02)


def test_retrained_models_are_the_same_for_a_seed_and_each_their_own(rng):
    at = np.linspace(-4, 4, 30)[:, None]
    first, again, other = (retrain(vote(1), labels, at, models=4, rng=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other) and len(np.unique(first, axis=0)) == 4
    same = labels(np.random.default_rng(0))                                      # one data set, and a vote has no chance in it
    assert len(np.unique(retrain(vote(5), lambda rng: same, at, models=4), axis=0)) == 1


def test_models_that_are_trained_elsewhere_are_the_same(rng):
    from concurrent.futures import ThreadPoolExecutor
    at = np.linspace(-4, 4, 30)[:, None]
    with ThreadPoolExecutor(2) as pool:
        there = retrain(vote(1), labels, at, models=6, rng=3, executor=pool)
    np.testing.assert_array_equal(there, retrain(vote(1), labels, at, models=6, rng=3))


def test_what_one_model_draws_is_no_other_models_business():
    first_number = lambda rng, y: lambda x: y[:1]
    few, many = (retrain(first_number, lambda rng, n=n: (rng.random(n),), np.zeros(1), models=5) for n in (1, 1000))
    np.testing.assert_array_equal(few, many)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_k_nearest_is_the_mean_of_the_sorted_first(rng, k):
    x, y, at = rng.normal(size=(20, 3)), rng.normal(size=20), rng.normal(size=(9, 3))
    order = np.argsort(((at[:, None] - x) ** 2).sum(axis=2), axis=1)[:, :k]
    np.testing.assert_allclose(k_nearest(x, y, k)(at), y[order].mean(axis=1))
    np.testing.assert_allclose(k_nearest(x, y, 20)(at), y.mean())


@pytest.mark.parametrize("k", [0, 21, -1])
def test_k_nearest_refuses_more_neighbors_than_there_are(rng, k):
    with pytest.raises(ValueError, match=f"k must be a number of neighbors from 1 to 20, the number of examples, got {k}"):
        k_nearest(np.zeros((20, 1)), np.zeros(20), k)


def test_what_cannot_be_learned_from_is_named():
    with pytest.raises(ValueError, match=r"y have one target for each row, \(N,\), got shapes \(4, 1\) and \(5,\)"):
        k_nearest(np.zeros((4, 1)), np.zeros(5), 1)
    with pytest.raises(ValueError, match="retrain needs at least one model, got models = 0"):
        retrain(vote(1), labels, np.zeros((1, 1)), models=0)


def test_variance_of_k_nearest_is_that_of_a_mean():
    """Regression with fixed inputs and noise of variance 1: 1/k; bias by the true function alone."""
    x, at = np.linspace(0, 1, 30)[:, None], np.array([[0.31], [0.9]])
    draw = lambda rng: (x, np.sin(6 * x[:, 0]) + rng.normal(size=30))
    for k in (1, 4, 15):
        terms = decompose(retrain(lambda rng, x, y, k=k: k_nearest(x, y, k), draw, at, models=3000),
                          np.sin(6 * at[:, 0]), np.ones(2))
        np.testing.assert_allclose(terms.variance, 1 / k, rtol=0.12)
        smooth = k_nearest(x, np.sin(6 * x[:, 0]), k)(at) - np.sin(6 * at[:, 0])
        np.testing.assert_allclose(terms.bias, smooth ** 2, atol=5 * abs(smooth).max() / math.sqrt(3000 * k) + 25 / (3000 * k))


def test_scikit_learns_tree_against_bagging_is_reproduced():
    """The numbers of its example "single estimator versus bagging", drawn from its stream, to the four digits that it prints."""
    from sklearn.ensemble import BaggingRegressor
    from sklearn.tree import DecisionTreeRegressor
    f = lambda x: np.exp(-x.ravel() ** 2) + 1.5 * np.exp(-(x.ravel() - 2) ** 2)
    np.random.seed(0)                                                            # noqa: NPY002

    def generate(n, repeats):
        x = np.sort(np.random.rand(n) * 10 - 5)                                  # noqa: NPY002
        return x[:, None], np.stack([f(x) + np.random.normal(0.0, 0.1, n) for _ in range(repeats)])         # noqa: NPY002
    training = [generate(50, 1) for _ in range(50)]
    x, y = generate(1000, 50)
    found = {}
    for name, model in (("tree", DecisionTreeRegressor()), ("bagging", BaggingRegressor(DecisionTreeRegressor()))):
        predictions = np.stack([model.fit(a, b[0]).predict(x) for a, b in training])
        mean = decompose(predictions, f(x), y.var(axis=0)).mean()
        found[name] = [round(mean[term], 4) for term in ("bias", "variance", "noise")]
        error = np.mean((y[:, None] - predictions) ** 2)
        found[name].append(round(float(error), 4))
    assert found == {"tree": [0.0003, 0.0152, 0.0098, 0.0255], "bagging": [0.0004, 0.0092, 0.0098, 0.0196]}


# Models that can't be told apart --------------------------------------------------------------------------------------------

@pytest.mark.equation("2.130")
def test_a_positive_scale_changes_no_prediction_and_a_negative_one_does(rng):
    W, b, x = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(200, 3))
    said = LinearEnergy(W, b).predict(x)
    np.testing.assert_array_equal(said, (x @ W.T + b).argmax(axis=1))
    for alpha in (1e-8, 0.3, 1e8):
        np.testing.assert_array_equal(LinearEnergy(alpha * W, alpha * b).predict(x), said)
    assert np.any(LinearEnergy(-W, -b).predict(x) != said)


@pytest.mark.equation("2.131", "2.132", "2.133")
@pytest.mark.parametrize("alpha", [0.5, -3.0, 1e3])
def test_collinear_features_hold_a_weight_together(rng, alpha):
    x, W, b = rng.normal(size=(50, 4)), rng.normal(size=(3, 4)), rng.normal(size=3)
    x[:, 2] = alpha * x[:, 0]                                                                              # (2.131)
    W[1, 2] = 0                                                                                            # (2.132)
    moved = move_weight(W, c=1, i=0, j=2, alpha=alpha)
    assert moved[1, 0] == 0 and math.isclose(moved[1, 2], W[1, 0] / alpha)                                 # (2.133)
    np.testing.assert_allclose(LinearEnergy(moved, b).energy(x), LinearEnergy(W, b).energy(x), rtol=1e-10, atol=1e-12)
    apart = rng.normal(size=(50, 4))                                             # not collinear: another model
    assert not np.allclose(LinearEnergy(moved, b).energy(apart)[:, 1], LinearEnergy(W, b).energy(apart)[:, 1])
    np.testing.assert_array_equal(np.delete(moved, 1, axis=0), np.delete(W, 1, axis=0))


@pytest.mark.parametrize("i, j, alpha", [(0, 0, 1.0), (0, 1, 0.0), (0, 1, math.inf)])
def test_a_move_that_is_none_is_refused(i, j, alpha):
    with pytest.raises(ValueError, match="move_weight takes two features, and a finite alpha other than 0"):
        move_weight(np.ones((2, 2)), 0, i, j, alpha)
