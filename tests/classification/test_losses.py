"""Losses on energies against their definitions, brute force, scikit-learn, and the theorems about them."""
import numpy as np
import pytest
from sklearn import metrics, svm

from edugen import check_gradients, grad, jacobian
from edugen.classification import (
    LinearEnergy,
    best_wrong,
    energy_of,
    linear_svm,
    margin_loss,
    one_hot,
    perceptron,
    perceptron_loss,
    perceptron_step,
    prediction,
    random_search,
    svm_objective,
    zero_one_loss,
)


def tied(rng, n=300, k=4):
    """Energies that are small integers, so that many tie and many lie at the margin exactly."""
    return rng.integers(-3, 4, (n, k)).astype(float), rng.integers(0, k, n)


def separable(rng, n=60, k=2, gamma=0.3):
    """Inputs in the plane, categories, and a linear energy, its parameters of length one, that has all right by a margin."""
    while True:
        theta = rng.normal(size=(k, 3))
        theta /= np.linalg.norm(theta)
        truth, x = LinearEnergy(theta[:, :2], theta[:, 2]), rng.uniform(-2, 2, (20 * n, 2))
        lowest, second = np.sort(truth.energy(x), axis=1)[:, :2].T
        x = x[second - lowest > gamma][:n]
        if len(x) == n and np.min(np.bincount(truth.predict(x), minlength=k)) > 2:
            return x, truth.predict(x), truth


# Energies and predictions -----------------------------------------------------------------------------------------------


@pytest.mark.equation("2.2", "2.3", "2.39")
def test_all_energies_at_once_are_those_of_one_category_at_a_time(rng):
    W, b, x = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(20, 3))
    model = LinearEnergy(W, b)
    f = np.array([[sum(W[y, i] * x_n[i] for i in range(3)) + b[y] for y in range(5)] for x_n in x])        # (2.3)
    np.testing.assert_allclose(LinearEnergy(-W, -b).energy(x), f, rtol=1e-13, atol=1e-13)
    for y in range(5):
        labels = np.full(20, y)
        np.testing.assert_allclose(energy_of(model.energy(x), labels), [-W[y] @ x_n - b[y] for x_n in x], rtol=1e-13, atol=1e-13)
        np.testing.assert_array_equal(energy_of(f, labels), f @ one_hot(y, 5))                             # (2.2)
    np.testing.assert_array_equal(one_hot(np.array([[2, 0]]), 3), [[[0, 0, 1], [1, 0, 0]]])


@pytest.mark.equation("2.1", "2.6")
def test_prediction_is_the_first_category_of_lowest_energy(rng):
    energies, _ = tied(rng)
    brute = [min(range(4), key=lambda y: (e[y], y)) for e in energies]
    assert np.sum(np.sum(energies == energies.min(axis=1, keepdims=True), axis=1) > 1) > 50, "ties are in it"
    np.testing.assert_array_equal(prediction(energies), brute)


@pytest.mark.equation("2.10")
def test_best_wrong_category_is_that_of_brute_force(rng):
    energies, y = tied(rng)
    brute = [min((k for k in range(4) if k != t), key=lambda k: (e[k], k)) for e, t in zip(energies, y)]
    np.testing.assert_array_equal(best_wrong(energies, y), brute)
    np.testing.assert_array_equal(best_wrong(np.full((2, 3), np.inf), np.array([0, 1])), [1, 0])      # never the true one


# Zero-one ---------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.5", "2.7", "2.8")
def test_mean_zero_one_loss_is_one_minus_accuracy(rng):
    energies, y = tied(rng)
    np.testing.assert_array_equal(zero_one_loss(energies, y), [1.0 if p != t else 0.0 for p, t in zip(prediction(energies), y)])
    np.testing.assert_allclose(np.mean(zero_one_loss(energies, y)), 1 - metrics.accuracy_score(y, prediction(energies)))


def test_zero_one_loss_is_piecewise_constant(rng):
    x, y, theta = rng.normal(size=(40, 3)), rng.integers(0, 3, 40), rng.normal(size=(3, 4))

    def loss(theta):
        return np.mean(zero_one_loss(LinearEnergy(theta[:, :3], theta[:, 3]).energy(x), y))
    slopes = [(loss(theta + h * v) - loss(theta - h * v)) / (2 * h) for h in (1e-6, 1e-8) for v in rng.normal(size=(50, 3, 4))]
    assert not np.any(slopes)
    along = [loss(theta + t * rng.normal(size=(3, 4))) for t in np.linspace(0, 2, 200)]
    assert len(set(along)) > 5, "it does change, in jumps"
    np.testing.assert_array_equal(grad(loss)(theta), np.zeros((3, 4)))


def test_random_search_solves_what_is_easy_and_wastes_evaluations():
    """Ten separable problems: the perceptron corrects itself less often than the search evaluates the loss of the whole set."""
    tries, corrections = [], []
    for seed in range(10):
        x, y, _ = separable(np.random.default_rng(seed))
        model, history = random_search(seed, x, y, 2, n_tries=20_000)
        assert history.error[-1] == 0 == np.mean(zero_one_loss(model.energy(x), y))
        assert np.all(np.diff(history.error) <= 0)
        tries.append(len(history))
        corrections.append(int(perceptron(LinearEnergy.zeros(2, 2), x, y, max_epochs=1000)[1].mistakes.sum()))
    assert len(set(tries)) > 5 and max(tries) < 20_000
    assert np.median(tries) > np.median(corrections)


def test_random_search_keeps_the_best_of_its_tries(rng):
    x, y = rng.normal(size=(50, 4)), rng.integers(0, 5, 50)
    model, history = random_search(3, x, y, 5, n_tries=30)
    again = np.random.default_rng(3)
    trials = [LinearEnergy(again.normal(size=(5, 4)), again.normal(size=5)) for _ in range(30)]
    errors = [np.mean(trial.predict(x) != y) for trial in trials]
    np.testing.assert_allclose(history.error, np.minimum.accumulate(errors))
    np.testing.assert_array_equal(model.W, trials[int(np.argmin(errors))].W)


# Margin and perceptron --------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.9", "2.11", "2.12")
@pytest.mark.parametrize("m", [1.0, 2.0, 0.5])
def test_margin_loss_is_zero_just_where_the_margin_is_kept(rng, m):
    energies, y = tied(rng)
    true, other = energy_of(energies, y), energy_of(energies, best_wrong(energies, y))
    kept = np.array([all(e[t] <= e[k] - m for k in range(4) if k != t) for e, t in zip(energies, y)])
    assert 10 < kept.sum() < 290
    np.testing.assert_array_equal(true <= other - m, kept)                                               # (2.9)
    np.testing.assert_array_equal(m + true - other <= 0, kept)                                           # (2.11)
    loss = margin_loss(energies, y, m)
    np.testing.assert_array_equal(loss == 0, kept)
    brute = [max(0, *(m + e[t] - e[k] for k in range(4) if k != t)) for e, t in zip(energies, y)]
    np.testing.assert_array_equal(loss, brute)                                                           # (2.12)


@pytest.mark.equation("2.12")
def test_margin_loss_is_the_hinge_of_crammer_and_singer(rng):
    energies, y = rng.normal(size=(200, 5)), rng.permutation(np.arange(200) % 5)
    np.testing.assert_allclose(np.mean(margin_loss(energies, y)), metrics.hinge_loss(y, -energies), rtol=1e-12)
    two = rng.normal(size=(100, 2))
    binary = metrics.hinge_loss(y[:100] > 2, two[:, 0] - two[:, 1])
    np.testing.assert_allclose(np.mean(margin_loss(two, (y[:100] > 2).astype(int))), binary, rtol=1e-12)


@pytest.mark.equation("2.13")
def test_perceptron_loss_is_what_the_prediction_undercuts_the_truth_by(rng):
    energies, y = tied(rng)
    np.testing.assert_array_equal(perceptron_loss(energies, y), [e[t] - min(e) for e, t in zip(energies, y)])
    np.testing.assert_array_equal(perceptron_loss(energies, y), margin_loss(energies, y, 0.0))


@pytest.mark.equation("2.14")
def test_right_prediction_costs_nothing(rng):
    """The strict inequality needs a lowest energy that no other category shares; at a tie the loss is zero without it."""
    energies, y = tied(rng)
    right = prediction(energies) == y
    true, other = energy_of(energies, y), energy_of(energies, best_wrong(energies, y))
    alone = np.sum(energies == energies.min(axis=1, keepdims=True), axis=1) == 1
    assert np.all(true[right & alone] < other[right & alone])
    assert np.all(true[right & ~alone] == other[right & ~alone]) and np.any(right & ~alone)
    assert not np.any(perceptron_loss(energies, y)[right])


@pytest.mark.equation("2.37")
@pytest.mark.parametrize("m", [0.0, 0.7])
def test_gradient_of_the_margin_loss_by_hand(rng, m):
    """For energies with hidden units: two energy gradients where the loss is positive, else zero; and central differences."""
    theta, x, y = rng.normal(size=(5, 6)), rng.normal(size=(30, 3)), rng.integers(0, 4, 30)

    def energies(theta):
        return np.tanh(x @ theta[:3]) @ theta.T[:, :4]                            # (N, 6) @ (6, 4)
    e = energies(theta)
    slopes = jacobian(energies)(theta)                                            # (N, K) + theta's shape
    n, true, other = np.arange(30), energy_of(e, y), energy_of(e, best_wrong(e, y))
    loss = np.maximum(0, m + true - other)
    assert 5 < np.sum(loss > 0) < 30 and np.min(np.abs(m + true - other)) > 1e-4, "off the kinks"
    by_hand = np.where((loss > 0)[:, None, None], slopes[n, y] - slopes[n, best_wrong(e, y)], 0)         # (2.37)
    np.testing.assert_allclose(jacobian(lambda theta: margin_loss(energies(theta), y, m))(theta), by_hand, rtol=1e-12, atol=1e-13)
    check_gradients(lambda theta: margin_loss(energies(theta), y, m), theta, order=2, rng=rng)
    check_gradients(lambda energies: margin_loss(energies, y, m), e, rng=rng)


# The perceptron ---------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.42", "2.43", "2.44", "2.45", "2.46")
def test_a_mistake_moves_both_energies_by_what_the_lecture_says(rng):
    mistakes = 0
    for _ in range(200):
        model, x = LinearEnergy(rng.normal(size=(4, 3)), rng.normal(size=4)), rng.normal(size=3)
        y, eta = int(rng.integers(4)), float(rng.uniform(0.1, 2))
        guess = int(model.predict(x))
        after, by = perceptron_step(model, x, y, eta), eta * (x @ x + 1)
        if guess == y:
            assert after is model
            continue
        mistakes += 1
        w, b, e = model.W, model.b, model.energy(x)
        np.testing.assert_allclose(after.energy(x)[y], -(w[y] + eta * x) @ x - (b[y] + eta))             # (2.42), left
        np.testing.assert_allclose(-(w[y] + eta * x) @ x - (b[y] + eta), -w[y] @ x - b[y] - by)          # (2.42)
        np.testing.assert_allclose(-w[y] @ x - b[y] - by, e[y] - by)                                     # (2.43)
        assert after.energy(x)[y] < e[y]                                                                 # (2.44)
        np.testing.assert_allclose(after.energy(x)[guess], -(w[guess] - eta * x) @ x - (b[guess] - eta))
        np.testing.assert_allclose(-(w[guess] - eta * x) @ x - (b[guess] - eta), e[guess] + by)          # (2.45)
        assert after.energy(x)[guess] > e[guess]                                                         # (2.46)
        others = np.delete(np.arange(4), [y, guess])
        np.testing.assert_array_equal(after.energy(x)[others], e[others])
    assert mistakes > 100


def test_perceptron_step_follows_the_gradient_of_the_perceptron_loss(rng):
    for _ in range(50):
        model, x, y = LinearEnergy(rng.normal(size=(4, 3)), rng.normal(size=4)), rng.normal(size=3), int(rng.integers(4))
        slope = grad(lambda model: perceptron_loss(model.energy(x[None]), np.array([y]))[0])(model)      # noqa: B023
        after = perceptron_step(model, x, y, 0.3)
        np.testing.assert_allclose(after.W, model.W - 0.3 * slope.W, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(after.b, model.b - 0.3 * slope.b, rtol=1e-12, atol=1e-13)


def test_novikoff_bound_on_separable_data():
    """At most (R / gamma)^2 mistakes, from zeros, in any order, for two and for more categories: 100 seeds.

    A step adds a vector of length sqrt(2) |(x, 1)| to the parameters, so with K categories the bound is 2 R^2 / gamma^2 for the
    gap gamma between energies of a theta of length one. (With two, theta = (w, -w) / sqrt(2) makes it the usual one.)
    """
    made = []
    for seed in range(100):
        x, y, truth = separable(np.random.default_rng(seed), k=2 + seed % 3)
        e = truth.energy(x)
        gamma = np.min(energy_of(e, best_wrong(e, y)) - energy_of(e, y))
        bound = 2 * np.max(np.sum(x ** 2, axis=1) + 1) / gamma ** 2
        model, history = perceptron(LinearEnergy.zeros(len(truth.b), 2), x, y, eta=0.5 + seed, max_epochs=2000)
        assert history.mistakes[-1] == 0 and np.array_equal(model.predict(x), y)
        assert 0 < history.mistakes.sum() <= bound
        made.append(history.mistakes.sum() / bound)
    assert max(made) > 0.1, "the bound is not met only because it is far away"


def test_perceptron_replays_its_own_rule(rng):
    """Weights as sums of inputs, counted by a second perceptron that is written with loops over numbers."""
    x, y = rng.normal(size=(25, 2)), rng.integers(0, 3, 25)
    model, history = perceptron(LinearEnergy.zeros(3, 2), x, y, eta=0.7, max_epochs=4)
    w, mistakes = [[0.0] * 3 for _ in range(3)], []
    for _ in range(4):
        mistakes.append(0)
        for (a, c), t in zip(x, y):
            scores = [row[0] * a + row[1] * c + row[2] for row in w]
            guess = scores.index(max(scores))
            if guess != t:
                mistakes[-1] += 1
                for k, sign in ((t, 0.7), (guess, -0.7)):
                    w[k] = [w[k][0] + sign * a, w[k][1] + sign * c, w[k][2] + sign]
    np.testing.assert_allclose(np.c_[model.W, model.b], w, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(history.mistakes, mistakes)
    assert len(history) == 4 and history.mistakes[-1] > 0, "labels without a rule: it never ends by itself"


# The support vector machine ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed, penalty", [(0, 0.1), (1, 0.01), (2, 0.03)])
def test_svm_reaches_the_objective_of_a_dual_solver(seed, penalty):
    """Two categories: with w = w_1 - w_0 and the best split w_1 = -w_0 the penalty is a quarter of |w|^2."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 80)
    x = rng.normal(size=(80, 2)) + 1.5 * rng.normal(size=(2, 2))[y]
    dual = svm.SVC(kernel="linear", C=2 / (penalty * 80), tol=1e-10).fit(x, y)
    w, b = dual.coef_[0] / 2, dual.intercept_[0] / 2
    best = svm_objective(LinearEnergy(np.array([-w, w]), np.array([-b, b])), x, y, penalty)
    hinge = np.maximum(0, 1 - np.where(y == 1, 1, -1) * dual.decision_function(x))
    np.testing.assert_allclose(best, np.mean(hinge) + penalty / 4 * np.sum(dual.coef_ ** 2), rtol=1e-12)
    model, history = linear_svm(x, y, 2, penalty)
    reached = svm_objective(model, x, y, penalty)
    assert best - 1e-8 <= reached <= best + 1e-4
    assert reached < history.objective[0] == 1.0
    np.testing.assert_allclose(model.W[1], w, atol=0.02)


def test_svm_of_several_categories_is_that_of_crammer_and_singer():
    rng = np.random.default_rng(5)
    y = rng.permutation(np.arange(90) % 3)
    x = rng.normal(size=(90, 2)) + 2 * rng.normal(size=(3, 2))[y]
    features = np.c_[x, np.ones(90)]              # liblinear has no bias without a penalty: give both one, by a feature
    peer = svm.LinearSVC(multi_class="crammer_singer", C=1 / (0.05 * 90), fit_intercept=False, tol=1e-8, max_iter=100_000)
    W = peer.fit(features, y).coef_
    best = svm_objective(LinearEnergy(W, np.zeros(3)), features, y, 0.05)
    for v in 0.02 * np.random.default_rng(0).normal(size=(20, *W.shape)):
        assert best < svm_objective(LinearEnergy(W + v, np.zeros(3)), features, y, 0.05), "it is our objective's minimum too"
    model, _ = linear_svm(features, y, 3, 0.05, n_steps=3000)
    assert svm_objective(model, features, y, 0.05) <= best + 1e-4       # not above: ours has a free bias as well


def test_margin_scales_the_machine(rng):
    """Twice the margin and a quarter of the penalty: twice the parameters, twice the loss."""
    x, y = rng.normal(size=(30, 2)), rng.integers(0, 3, 30)
    model = LinearEnergy(rng.normal(size=(3, 2)), rng.normal(size=3))
    double = LinearEnergy(2 * model.W, 2 * model.b)
    np.testing.assert_allclose(svm_objective(double, x, y, 0.1, m=2.0), 2 * svm_objective(model, x, y, 0.2, m=1.0))


# Errors -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("y, message", [
    (np.array([1, 2, 3]), r"y must hold integers in 0\.\.2, got 1\.\.3; categories are counted from 0"),
    (np.array([0, -1, 1]), r"y must hold integers in 0\.\.2, got -1\.\.1"),
    (np.array([0.0, 1.0, 2.0]), r"integers of shape \(3,\), got float64 of shape \(3,\)"),
    (np.array([0, 1]), r"integers of shape \(3,\), got int64 of shape \(2,\)"),
    (np.eye(3, dtype=int), r"integers of shape \(3,\), got int64 of shape \(3, 3\)"),
])
@pytest.mark.parametrize("loss", [zero_one_loss, margin_loss, perceptron_loss, energy_of, best_wrong])
def test_categories_that_do_not_fit_are_refused(loss, y, message):
    with pytest.raises(ValueError, match=message):
        loss(np.zeros((3, 3)), y)


@pytest.mark.parametrize("call, message", [
    (lambda: margin_loss(np.zeros(3), np.array([0])), r"energies must be an array \(N, K\), .*, got shape \(3,\)"),
    (lambda: margin_loss(np.zeros((2, 1)), np.array([0, 0])), "at least two columns"),
    (lambda: LinearEnergy(np.zeros((3, 2)), np.zeros(2)), r"W must be an array \(K, d\).* got \(3, 2\) and \(2,\)"),
    (lambda: LinearEnergy([[1.0]], np.zeros(1)), "got a list and"),
    (lambda: LinearEnergy(np.zeros((3, 2)), np.zeros(3)).energy(np.zeros((5, 3))), r"x must hold 2 numbers an input.* \(5, 3\)"),
    (lambda: random_search(0, np.zeros((2, 2)), np.array([0, 1]), 2, n_tries=0), "n_tries must be at least 1, got 0"),
    (lambda: linear_svm(np.zeros((2, 2)), np.array([0, 1]), 2, penalty=0.0), "penalty must be positive, got 0.0"),
    (lambda: perceptron(LinearEnergy.zeros(2, 2), np.zeros((2, 2)), np.array([1, 2])), r"in 0\.\.1, got 1\.\.2"),
    (lambda: perceptron_step(LinearEnergy.zeros(2, 2), np.zeros(2), -1), r"in 0\.\.1, got -1\.\.-1"),
    (lambda: one_hot([0.0, 1.0], 2), r"integers in 0\.\.1, got float64"),
])
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
