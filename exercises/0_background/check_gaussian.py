"""Checks of the exercise on the Gaussian. The student's code runs in a worker; what is expected is computed here, afterwards."""
import numpy as np
import pytest
from scipy import stats

from edugen.data import digits
from edugen.grading import assert_close

pytestmark = pytest.mark.imports(hide=["edugen.background.classifiers"])


def spd(rng, d):
    a = rng.normal(size=(d, d))
    return a @ a.T / d + 0.3 * np.eye(d)


@pytest.mark.points(3)
@pytest.mark.hint("Never form the determinant: take its logarithm from a Cholesky factor, or by np.linalg.slogdet.",
                  "Vidal (V-2)",
                  "L = np.linalg.cholesky(cov)")
@pytest.mark.parametrize("d, scale", [(3, 1.0), (1, 2.0), (400, 1e-3)])
def test_log_density(student, rng, d, scale):
    cov, mean = scale * spd(rng, d), rng.normal(size=d)
    x = mean + rng.normal(size=(5, d)) @ np.linalg.cholesky(cov).T
    expected = stats.multivariate_normal(mean, cov).logpdf(x)
    assert_close(student.call("log_density", x, mean, cov), np.atleast_1d(expected), rtol=1e-8, atol=1e-8)


@pytest.mark.points(1)
@pytest.mark.hint("Nothing has to be integrated: look at which entries concern the coordinates in a.", "Vidal (V-11)",
                  "cov[np.ix_(a, a)]")
def test_marginal(student, rng):
    mean, cov, a = rng.normal(size=5), spd(rng, 5), rng.permutation(5)[:3]
    a = a if a[0] > a[1] else a[::-1]                        # in no order
    expected = np.array([[cov[i, j] for j in a] for i in a])
    assert_close(student.call("marginal", mean, cov, a), (np.array([mean[i] for i in a]), expected), rtol=1e-12)


@pytest.mark.points(4)
@pytest.mark.hint("Cut mean and covariance into blocks first; `np.setdiff1d(np.arange(D), b)` are the others.",
                  "Vidal (V-13), (V-14)", "gain = np.linalg.solve(cov[np.ix_(b, b)], cov[np.ix_(b, a)]).T")
@pytest.mark.parametrize("d, n", [(2, 1), (5, 2), (6, 5)])
def test_conditional(student, rng, d, n):
    mean, cov, order = rng.normal(size=d), spd(rng, d), rng.permutation(d)
    b, x_b = order[:n], rng.normal(size=n)
    a = np.sort(order[n:])
    S = np.linalg.inv(cov)                                   # by the precision: another way round
    S_a = np.linalg.inv(S[np.ix_(a, a)])
    expected = mean[a] - S_a @ S[np.ix_(a, b)] @ (x_b - mean[b]), S_a
    assert_close(student.call("conditional", mean, cov, b, x_b), expected, rtol=1e-7, atol=1e-10)


@pytest.mark.points(4)
@pytest.mark.hint("The sum of squares is tr(inverse of cov times scatter); take its differential.",
                  "The slope of (V-59) in S, and S = the inverse of cov",
                  "P = np.linalg.inv(cov); scatter = (x - mean).T @ (x - mean)")
@pytest.mark.parametrize("n, d", [(7, 3), (20, 1)])
@pytest.mark.imports(by_hand=True)
def test_covariance_gradient(student, rng, n, d):
    mean, cov, x = rng.normal(size=d), 0.1 * spd(rng, d), rng.normal(size=(n, d))
    expected, step = np.zeros((d, d)), 1e-30j                # exact to rounding, so differences do not pass
    for i, j in np.ndindex(d, d):
        S = cov.astype(complex)
        S[i, j] += step
        P, c = np.linalg.inv(S), x - mean
        value = -0.5 * n * np.log(np.linalg.det(S)) - 0.5 * np.einsum("ni,ij,nj", c, P, c)
        expected[i, j] = value.imag / 1e-30
    assert_close(student.call("covariance_gradient", mean, cov, x), expected, rtol=1e-10, atol=1e-11)


@pytest.mark.points(4)
@pytest.mark.hint("The covariance of z is H cov H' + R, and that of state and z is cov H'.", "Vidal (V-13), (V-14), with b = z",
                  "S = H @ cov @ H.T + R")
@pytest.mark.parametrize("d, m", [(4, 2), (2, 3), (1, 1)])
def test_kalman_update(student, rng, d, m):
    mean, cov, H, R = rng.normal(size=d), spd(rng, d), rng.normal(size=(m, d)), spd(rng, m)
    z = rng.normal(size=m)
    after = np.linalg.inv(np.linalg.inv(cov) + H.T @ np.linalg.inv(R) @ H)       # the information form, independent of the gain
    expected = after @ (np.linalg.inv(cov) @ mean + H.T @ np.linalg.inv(R) @ z), after, float(
        stats.multivariate_normal(H @ mean, H @ cov @ H.T + R).logpdf(z))
    assert_close(student.call("kalman_update", mean, cov, H, R, z), expected, rtol=1e-7, atol=1e-9)


def t_log_likelihood(x, mu, S, dof):
    return stats.multivariate_t(mu, S, df=dof).logpdf(x).sum()


@pytest.mark.points(4)
@pytest.mark.hint("Start at the Gaussian's estimates; an observation far out gets a small weight.",
                  "w = (nu + D) / (nu + delta)", "delta = np.sum(d * np.linalg.solve(S, d.T).T, axis=1)")
@pytest.mark.parametrize("dof, d", [(3.0, 2), (1.5, 3), (8.0, 1)])
def test_student_fit(student, rng, dof, d):
    x = rng.normal(size=d) + rng.normal(size=(200, d)) @ np.linalg.cholesky(spd(rng, d)).T
    x[:20] += 8 + rng.normal(size=(20, d))                   # outliers on one side
    mu, S = np.median(x, axis=0), np.eye(d)
    for _ in range(3000):
        c = x - mu
        w = (dof + d) / (dof + np.sum(c * np.linalg.solve(S, c.T).T, axis=1))
        mu = w @ x / w.sum()
        S = (w[:, None] * (x - mu)).T @ (x - mu) / len(x)
    answer = student.call("student_fit", x, dof)
    assert_close(answer, (mu, S), rtol=1e-5, atol=1e-7)
    step = np.full(d, 1e-3)                                  # and it is a maximum of the likelihood itself
    best = t_log_likelihood(x, mu, S, dof)
    assert t_log_likelihood(x, mu + step, S, dof) < best and t_log_likelihood(x, mu - step, S, dof) < best


@pytest.mark.points(4)
@pytest.mark.timeout(60)
@pytest.mark.hint("Complete the image once for each digit, and average by how probable each digit is, given the upper half.",
                  "Vidal (V-13) for each digit, weights by (V-9) and (V-11); a hundredth on each variance",
                  "weights = np.exp(log_p - log_p.max(axis=1, keepdims=True))")
def test_complete_digits(student, rng):
    images, names = digits()
    order = rng.permutation(len(names))
    x, y, new = images[order][:1000], names[order][:1000], images[order][1000:]
    torn = new.copy()
    torn[:, 32:] = np.nan
    answer = student.call("complete_digits", x, y, torn)
    assert_close(np.shape(answer), new.shape, name="the shape of the images")
    answer = np.asarray(answer, dtype=float)
    assert_close(answer[:, :32], new[:, :32], rtol=1e-9, atol=1e-12, name="the upper half, which was there")
    assert np.all(np.isfinite(answer)), "no pixel may be missing"
    with np.errstate(over="ignore"):
        ratio = np.mean((answer - new)[:, 32:] ** 2) / np.mean((x.mean(axis=0) - new)[:, 32:] ** 2)
    # the solution: 0.40 to 0.46; one Gaussian for all 0.63 and more; the mean image 1
    assert ratio <= 0.5, f"{ratio:.2f} of the squared error of the mean image, and 0.5 was asked"
