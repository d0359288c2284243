"""Checks of the exercise on probability. The student's code runs in a worker; what is expected is computed here, afterwards."""
import numpy as np
import pytest

from edugen.data import digits
from edugen.grading import assert_close


@pytest.mark.points(2)
@pytest.mark.hint("The marginal stands in the margin; the conditional is the row, made to sum to one.", "Vidal (V-6), (V-7)",
                  "p_x = joint.sum(axis=1)")
@pytest.mark.parametrize("k, m", [(3, 4), (5, 2)])
def test_marginal_and_conditional(student, rng, k, m):
    joint = rng.dirichlet(np.ones(k * m)).reshape(k, m)
    p_x = np.array([sum(row) for row in joint])
    assert_close(student.call("marginal_and_conditional", joint), (p_x, np.array([row / sum(row) for row in joint])), rtol=1e-10)


@pytest.mark.points(2)
@pytest.mark.hint("First the joint distribution, by the product rule; then divide by the marginal of x.", "Vidal (V-8), (V-9)",
                  "joint = likelihood * prior[:, None]")
@pytest.mark.parametrize("m, k", [(3, 4), (4, 4), (2, 6)])
def test_bayes(student, rng, m, k):
    likelihood, prior = rng.dirichlet(np.ones(k), size=m), rng.dirichlet(np.ones(m))
    expected = np.array([[likelihood[j, i] * prior[j] for j in range(m)] for i in range(k)])
    assert_close(student.call("bayes", likelihood, prior), expected / expected.sum(axis=1, keepdims=True), rtol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("Take the mean from each variable first; the mean needs the marginal.", "Vidal (V-17), (V-21)",
                  "mean_x = joint.sum(axis=1) @ x")
@pytest.mark.parametrize("k, m, a, b", [(3, 4, 2, 3), (4, 4, 1, 2), (5, 2, 2, 1)])
def test_covariance(student, rng, k, m, a, b):
    joint, x, y = rng.dirichlet(np.ones(k * m)).reshape(k, m), rng.normal(size=(k, a)), 2 + rng.normal(size=(m, b))
    pairs = [(i, j) for i in range(k) for j in range(m)]
    mean_x, mean_y = sum(joint[p] * x[p[0]] for p in pairs), sum(joint[p] * y[p[1]] for p in pairs)
    expected = sum(joint[p] * np.outer(x[p[0]] - mean_x, y[p[1]] - mean_y) for p in pairs)
    assert_close(student.call("covariance", joint, x, y), expected, rtol=1e-9, atol=1e-13)


def differences(counts):
    """Recovery among the treated less recovery among the others, and the same in each group."""
    share = lambda c: c[..., 1] / c.sum(axis=-1)
    within, whole = share(counts), share(counts.sum(axis=0))
    return whole[1] - whole[0], within[:, 1] - within[:, 0]


@pytest.mark.points(3)
@pytest.mark.hint("p(r | t, z) is a conditional of the table of counts; p(z) is a marginal of it.", "Vidal (V-6), (V-7)",
                  "share = counts[:, :, 1] / counts.sum(axis=2)")
@pytest.mark.parametrize("z", [2, 5])
def test_adjusted_difference(student, rng, z):
    counts = rng.integers(1, 200, (z, 2, 2))
    plain, within = differences(counts)
    adjusted = sum(within[i] * counts[i].sum() / counts.sum() for i in range(z))
    assert_close(student.call("adjusted_difference", counts), (float(plain), float(adjusted)), rtol=1e-9, atol=1e-14)


@pytest.mark.points(3)
@pytest.mark.hint("Who recovers anyway is hardly ever treated; who seldom does nearly always is.",
                  "The plain share of the treated is an average over groups, weighted by whom doctors treat",
                  "mild, severe = 0.95 - gap, 0.02    # shares that recover untreated")
@pytest.mark.parametrize("gap", [0.05, 0.1, 0.2])
def test_paradox(student, rng, gap):
    counts = student.call("paradox", gap)
    assert_close(np.shape(counts), (2, 2, 2), name="the shape of the counts")
    counts = np.asarray(counts)
    assert counts.dtype.kind in "iu", f"counts are integers, got {counts.dtype}"
    counts = counts.astype(float)
    assert counts.min() >= 1 and counts.sum() <= 100_000, "each count is at least 1, and there are at most 100,000 people"
    plain, within = differences(counts)
    assert within.min() >= gap, f"in the groups the treated recover more often by {within[0]:.3f} and {within[1]:.3f}: not {gap}"
    assert plain <= -gap, f"all together, the treated recover more often by {plain:.3f}; it should be {-gap} or less"


@pytest.mark.points(4)
@pytest.mark.hint("The logarithm is a sum of (n_k + alpha_k - 1) log pi_k; add a multiplier for the constraint.",
                  "At the maximum (n_k + alpha_k - 1) / pi_k is the same for every k",
                  "weights = counts + alpha - 1")
@pytest.mark.parametrize("shape", [(4,), (3, 5)])
@pytest.mark.imports(by_hand=True)
def test_smoothed(student, rng, shape):
    counts, alpha = rng.integers(0, 9, shape), 1 + rng.uniform(0.1, 3, shape[-1])
    answer = np.asarray(student.call("smoothed", counts, alpha))
    assert_close(answer.shape, shape, name="the shape of the answer")
    power = counts + alpha - 1
    levels = power / power.sum(axis=-1, keepdims=True)       # where all ratios power / pi are equal
    assert_close(answer, levels, rtol=1e-10)
    ones = np.ones(shape[-1])
    assert_close(student.call("smoothed", counts + 1, ones), (counts + 1) / (counts + 1).sum(axis=-1, keepdims=True), rtol=1e-10)


@pytest.mark.points(4)
@pytest.mark.timeout(60)
@pytest.mark.imports(hide=["edugen.background.classifiers"])
@pytest.mark.hint("A Gaussian for each digit: what is lost is integrated out by leaving it out of mean and covariance.",
                  "Vidal (V-11), (V-9); add a few hundredths to each variance", "patterns = np.unique(np.isnan(torn), axis=0)")
def test_torn_digits(student, rng):
    images, names = digits()
    order, renamed = rng.permutation(len(names)), rng.permutation(10)
    x, y = images[order], renamed[names[order]]
    torn, lost = x[1000:].reshape(-1, 8, 8).copy(), rng.integers(4, size=len(x) - 1000)
    torn[lost == 0, :4], torn[lost == 1, 4:], torn[lost == 2, :, :4], torn[lost == 3, :, 4:] = np.nan, np.nan, np.nan, np.nan
    answer = student.call("torn_digits", x[:1000], y[:1000], torn.reshape(-1, 64))
    assert_close(np.shape(answer), (len(torn), 10), name="the shape of the probabilities")
    p = np.asarray(answer, dtype=float)
    assert np.all(np.isfinite(p)) and p.min() >= 0 and np.allclose(p.sum(axis=1), 1), "rows of probabilities sum to one"
    with np.errstate(divide="ignore"):
        loss = -np.mean(np.log(p[np.arange(len(p)), y[1000:]]))
    # the solution: 0.28 to 0.36; one covariance for all digits 0.56 and more; independent pixels 0.7 and more
    assert loss <= 0.45, f"a mean of {loss:.3f} nats on torn images, and 0.45 was asked"
