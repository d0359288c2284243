"""Checks of the exercise on energy functions. The student's code runs in a worker; the expected is computed here, afterwards."""
import numpy as np
import pytest

from edugen.grading import assert_close, parts


@pytest.mark.points(2)
@pytest.mark.hint("W times a one-hot vector is a column of W.", "Cho (1.5), with e = |x - W z|^2 / 2",
                  "x[:, :, None] - W has the shape (N, D, K)")
@pytest.mark.parametrize("n, d, k", [(5, 3, 4), (1, 2, 1), (6, 1, 3)])
def test_energies(student, rng, n, d, k):
    x, W = rng.normal(size=(n, d)), rng.normal(size=(d, k))
    expected = np.array([[sum((x[i, j] - W[j, c]) ** 2 for j in range(d)) / 2 for c in range(k)] for i in range(n)])
    assert_close(student.call("energies", x, W), expected, rtol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("First the mean, then the mean square of what is left.", "Cho (1.2), (1.3)", "(e - mean[:, None]) ** 2")
@pytest.mark.parametrize("offset", [0.0, 2.0 ** 24])
def test_mean_and_variance(student, rng, offset):
    e, p = rng.normal(size=(6, 4)), rng.dirichlet(np.ones(4))
    e = e + offset                                          # which rounds e: what is expected is computed from the rounded one
    answer = parts(student.call("mean_and_variance", e, p), "mean", "variance")
    centered = e - offset
    mean = np.array([sum(p * row) for row in centered])
    variance = np.array([sum(p * (row - m) ** 2) for row, m in zip(centered, mean, strict=True)])
    assert_close(answer["mean"], offset + mean, rtol=1e-10, name="mean")
    assert_close(answer["variance"], variance, rtol=1e-10 if not offset else 1e-7, name="variance")


@pytest.mark.points(3)
@pytest.mark.hint("Only the rows of A that belong to the missing coordinates matter.",
                  "A_mm (x_m - b_m) + A_mo (x_o - b_o) = 0, m missing and o observed", "np.ix_(missing, ~missing)")
@pytest.mark.parametrize("missing", [[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
def test_fill_in(student, rng, missing):
    missing, x, b = np.array(missing, bool), rng.normal(size=(5, 4)), rng.normal(size=4)
    root = rng.normal(size=(6, 4))
    A = root.T @ root
    given = np.where(missing, 1e3, x)
    covariance = np.linalg.inv(A)                           # the same minimum, by the covariance of what is observed
    gain = covariance[np.ix_(missing, ~missing)] @ np.linalg.pinv(covariance[np.ix_(~missing, ~missing)])
    expected = x.copy()
    expected[:, missing] = b[missing] + (x[:, ~missing] - b[~missing]) @ gain.T
    assert_close(student.call("fill_in", given, missing, A, b), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.points(2)
@pytest.mark.hint("The derivative by z is linear in z.", "(W^T W + price I) z = W^T x", "np.linalg.solve")
@pytest.mark.parametrize("n, d, k", [(5, 6, 2), (3, 2, 4), (1, 1, 1)])
@pytest.mark.imports(by_hand=True)
def test_represent(student, rng, n, d, k):
    x, W, price = rng.normal(size=(n, d)), rng.normal(size=(d, k)), float(rng.uniform(0.1, 3))
    long = np.concatenate([W, np.sqrt(price) * np.eye(k)])  # ridge as ordinary least squares
    expected = np.linalg.lstsq(long, np.concatenate([x, np.zeros((n, k))], axis=1).T, rcond=None)[0].T
    assert_close(student.call("represent", x, W, price), expected, rtol=1e-9, atol=1e-11)


def wild(rng, n, d, share, nu):
    """A regression whose outputs are wild in a share of the rows, and what they were made of."""
    theta, x = rng.normal(size=d), rng.normal(size=(n, d))
    y = x @ theta + 0.3 * np.sqrt(nu) * rng.normal(size=n)
    lost = rng.permutation(n)[:int(share * n)]
    y[lost] += np.sqrt(nu) * rng.uniform(20, 60, size=len(lost))
    return x, y, theta


@pytest.mark.points(3)
@pytest.mark.hint("The logarithm's derivative, then the square's, then the product's.", "de/dr = (nu + 1) r / (nu + r^2)",
                  "r = y - x @ theta, and dr/dtheta = -x")
@pytest.mark.parametrize("n, d, nu", [(8, 3, 1.0), (5, 1, 0.01), (1, 2, 30.0)])
@pytest.mark.imports(by_hand=True)
def test_heavy_tail_slope(student, rng, n, d, nu):
    x, y, theta = rng.normal(size=(n, d)), 3 * rng.normal(size=n), rng.normal(size=d)
    steps = theta + 1e-30j * np.eye(d)                      # the complex step: the derivative to all digits
    means = np.array([np.mean((nu + 1) / 2 * np.log(1 + (y - x @ t) ** 2 / nu)) for t in steps])
    assert_close(student.call("heavy_tail_slope", x, y, theta, nu), means.imag / 1e-30, rtol=1e-11, atol=1e-13)


@pytest.mark.points(4)
@pytest.mark.hint("The slope is that of weighted least squares, with weights 1 / (nu + r^2).",
                  "alternate: weights from residuals, then theta from (X^T w X) theta = X^T w y",
                  "begin with a fit that wild points move less: weights 1 / |r| are those of the least absolute residuals")
@pytest.mark.parametrize("share, nu", [(0.0, 1.0), (0.1, 0.25), (0.3, 1.0)])
def test_heavy_tail_fit(student, rng, share, nu):
    x, y, truth = wild(rng, 120, 3, share, nu)
    answer = student.call("heavy_tail_fit", x, y, nu)
    assert np.shape(answer) == (3,), f"theta must have the shape (3,), got {np.shape(answer)}"
    assert_close(answer, truth, atol=0.35 * np.sqrt(nu), rtol=0, name="theta, as it was drawn, give or take the noise")
    r = y - x @ answer
    slope = ((nu + 1) * r / (nu + r ** 2)) @ x / len(x)
    scale = np.abs((nu + 1) / (2 * np.sqrt(nu)) * x).mean()
    assert_close(slope, np.zeros(3), atol=1e-6 * scale, rtol=0, name="the slope of the mean energy at your theta")


def curve(rng, kind, n):
    """Points on a closed curve, one with two loops, or a bow."""
    t = rng.uniform(0, 2 * np.pi, n)
    x = {"ellipse": lambda: np.stack([2 * np.cos(t), np.sin(t)], axis=1),
         "eight": lambda: np.stack([np.sin(t), np.sin(2 * t)], axis=1),
         "bow": lambda: np.stack([t - np.pi, np.cos(t)], axis=1)}[kind]()
    return x + 0.03 * rng.normal(size=x.shape)


@pytest.mark.points(3)
@pytest.mark.hint("What do you know at a query? How far the data are.", "Cho (1.7): others may be drawn, in a box around x",
                  "the distance to the nearest points of x is an energy")
@pytest.mark.parametrize("kind", ["ellipse", "eight", "bow"])
def test_energy_of_the_data(student, rng, kind):
    x, new = curve(rng, kind, 300), curve(rng, kind, 200)
    new, dense, x = ((a - x.mean(axis=0)) / x.std(axis=0) for a in (new, curve(rng, kind, 2000), x))
    others = rng.uniform(-2.2, 2.2, size=(600, 2))
    others = others[np.sqrt(((others[:, None] - dense) ** 2).sum(axis=2)).min(axis=1) > 0.25]
    query, order = np.concatenate([new, others]), rng.permutation(200 + len(others))
    energy = np.empty(len(query))
    answer = student.call("energy_of_the_data", x, query[order], int(rng.integers(2 ** 31)))
    assert np.shape(answer) == (len(query),), f"an energy for each query, an array ({len(query)},), got {np.shape(answer)}"
    assert np.isfinite(answer).all(), "an energy is not finite"
    energy[order] = answer
    share = np.mean(energy[:200, None] < energy[200:])
    assert share >= 0.95, f"the new point has the lower energy in {share:.1%} of the pairs; 95 % are asked for"
