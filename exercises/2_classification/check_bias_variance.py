"""Checks of the exercise on bias and variance. The student's code runs in a worker; the expected is computed here, afterwards."""
import numpy as np
import pytest
from scipy.spatial import cKDTree

from edugen.grading import assert_close, parts


@pytest.mark.points(3)
@pytest.mark.hint("A label is 1 with probability p and -1 else: what are its mean and its variance?", "Cho (2.121) to (2.124)",
                  "mu = 2 * p - 1")
@pytest.mark.parametrize("m, n", [(5, 4), (1, 3), (2, 1)])
def test_label_terms(student, rng, m, n):
    predictions, p = rng.choice([-1, 1], size=(m, n)), rng.random(n)
    mu = p - (1 - p)
    expected = {"noise": p * (1 - mu) ** 2 + (1 - p) * (-1 - mu) ** 2,
                "variance": np.array([np.mean((column - column.mean()) ** 2) for column in predictions.T]),
                "bias": np.array([(a - column.mean()) ** 2 for a, column in zip(mu, predictions.T, strict=True)])}
    assert_close(parts(student.call("label_terms", predictions, p), *expected), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.points(2)
@pytest.mark.hint("Count the votes of each column.", "1 is wrong with probability 1 - p",
                  "predictions.sum(axis=0) is 0 where they tie")
@pytest.mark.parametrize("m, n", [(5, 6), (4, 9), (1, 3)])
def test_vote_error(student, rng, m, n):
    predictions, p = rng.choice([-1, 1], size=(m, n)), rng.random(n)
    if m % 2 == 0:
        predictions[: m // 2, 0], predictions[m // 2:, 0] = 1, -1
    votes = [sum(column) for column in predictions.T]
    expected = np.array([1 - a if v > 0 else a if v < 0 else 0.5 for v, a in zip(votes, p, strict=True)])
    assert_close(student.call("vote_error", predictions, p), expected, rtol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("All four are means over worlds: over the first axis.", "Cho (2.122): its covariance is not zero here",
                  "covariance = np.mean((y - y.mean(axis=0)) * (guesses - guesses.mean(axis=0)), axis=0)")
@pytest.mark.parametrize("s, n", [(20, 3), (2, 1), (7, 4)])
def test_four_terms(student, rng, s, n):
    y = rng.choice([-1, 1], size=(s, n))
    guesses = np.where(rng.random((s, n)) < 0.7, y, -y)
    expected = {"noise": y.var(axis=0), "variance": guesses.var(axis=0), "bias": (y.mean(axis=0) - guesses.mean(axis=0)) ** 2}
    expected["covariance"] = (sum(expected.values()) - np.mean((y - guesses) ** 2, axis=0)) / 2
    assert_close(parts(student.call("four_terms", y, guesses), *expected), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("Least w'Cw, with the sum of w held at 1.",
                  "the slope 2Cw is the same in all coordinates",
                  "np.linalg.solve(C, ones)")
@pytest.mark.parametrize("m", [1, 2, 6])
@pytest.mark.imports(by_hand=True)
def test_best_weights(student, rng, m):
    root = rng.normal(size=(m, m)) * np.exp(rng.normal(size=(m, 1)))
    C = root @ root.T + 0.1 * np.eye(m)
    inverse = np.linalg.inv(C)
    assert_close(student.call("best_weights", C), inverse.sum(axis=1) / inverse.sum(), rtol=1e-7, atol=1e-9)


@pytest.mark.points(3)
@pytest.mark.hint("What the data see of the two weights is one number.",
                  "w_i + alpha w_j is kept: a line, and its nearest point to 0",
                  "the weights are proportional to 1 and alpha")
@pytest.mark.parametrize("alpha", [2.0, -0.3, 1.0])
@pytest.mark.imports(by_hand=True)
def test_balance(student, rng, alpha):
    k, d = int(rng.integers(1, 4)), int(rng.integers(2, 6))
    W, c, alpha = rng.normal(size=(k, d)), int(rng.integers(k)), alpha * float(rng.uniform(0.5, 2))
    i, j = (int(a) for a in rng.choice(d, size=2, replace=False))
    expected = W.copy()
    toward = np.array([1, alpha]) / np.linalg.norm([1, alpha])                  # the projection onto the line's normal
    expected[c, [i, j]] = (W[c, [i, j]] @ toward) * toward
    assert_close(student.call("balance", W, c, i, j, alpha), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.points(3)
@pytest.mark.hint("The prediction is linear in y: a row of numbers times y.", "A = X'X + lambda 1; the rows are at A^-1 X'",
                  "variance = std ** 2 * np.sum(rows ** 2, axis=1)")
@pytest.mark.parametrize("n, d, q", [(9, 3, 4), (2, 4, 1), (30, 1, 2)])
@pytest.mark.imports(by_hand=True)
def test_ridge_terms(student, rng, n, d, q):
    X, theta, at = rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=(q, d))
    std, price = float(rng.uniform(0.2, 3)), float(10 ** rng.uniform(-2, 1))
    augmented = np.vstack([X, np.sqrt(price) * np.eye(d)])                      # ridge as least squares with more rows
    rows = at @ np.linalg.pinv(augmented)[:, :n]
    expected = {"variance": std ** 2 * np.einsum("qn,qn->q", rows, rows), "bias": (rows @ (X @ theta) - at @ theta) ** 2}
    assert_close(parts(student.call("ridge_terms", X, theta, std, price, at), *expected), expected, rtol=1e-7, atol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("A neighbor's own label must not vote for it: leave each example out.",
                  "leave-one-out: the neighbors of x_i without it",
                  "order = np.argsort(np.abs(x - x.T), axis=1)[:, 1:]; votes = np.cumsum(y[order], axis=1)")
@pytest.mark.parametrize("frequency, flipped", [(1.0, 0.3), (12.0, 0.02)])
def test_best_size(student, rng, frequency, flipped):
    excess = []
    for _ in range(12):
        phase, at = rng.uniform(0, 6), np.linspace(-3, 3, 400)
        probability = lambda x, phase=phase: np.where(np.sin(frequency * x + phase) > 0, 1 - flipped, flipped)
        x = rng.uniform(-3, 3, size=200)
        y = np.where(rng.random(200) < probability(x), 1, -1)
        k = student.call("best_size", x[:, None], y)
        assert isinstance(k, int | np.integer) and 1 <= k <= 199 and k % 2 == 1, f"return an odd int from 1 to 199, not {k!r}"
        votes = np.cumsum(y[cKDTree(x[:, None]).query(at[:, None], k=199)[1]], axis=1)[:, ::2]             # of 1, 3, 5, ...
        errors = np.mean(np.where(votes > 0, 1 - probability(at)[:, None], probability(at)[:, None]), axis=0)
        excess.append(errors[(k - 1) // 2] - errors.min())
    assert np.mean(excess) <= 0.03, f"its error is {np.mean(excess):.3f} above that of the best k, on average, not 0.03"
