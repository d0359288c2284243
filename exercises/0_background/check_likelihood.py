"""Checks of the exercise on likelihood. The student's code runs in a worker; what is expected is computed here, afterwards."""
import numpy as np
import pytest
from scipy import special, stats

from edugen.grading import assert_close


@pytest.mark.points(2)
@pytest.mark.hint("A term with a count of 0 is 0, whatever its logarithm.", "Grover (G-21)",
                  "scipy.special.xlogy(heads, theta) is heads * log(theta), and 0 where heads is 0")
@pytest.mark.parametrize("heads, tails", [(3, 2), (0, 4), (7, 0), (60, 40)])
def test_coin_log_likelihood(student, rng, heads, tails):
    theta = np.concatenate([[0.0, 1.0], rng.random(8)])
    assert_close(student.call("coin_log_likelihood", theta, heads, tails),
                 special.xlogy(heads, theta) + special.xlog1py(tails, -theta), rtol=1e-10, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("The variance of a mean is that of one value, divided by T.", "Grover (G-14), (G-17)",
                  "the unbiased variance of one value divides by T - 1: np.var(values, ddof=1)")
@pytest.mark.parametrize("t", [2, 5, 400])
def test_monte_carlo(student, rng, t):
    values = rng.exponential(3.0, size=t) + rng.normal()
    answer = student.call("monte_carlo", values)
    assert_close(answer, (values.mean(), stats.sem(values)), rtol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("Differentiate log N(x | mean, std^2) by hand, in the mean and in the logarithm of the standard deviation.",
                  "Grover (G-32): m times the mean over the batch", "z = (batch - mean) / np.exp(log_std)")
@pytest.mark.parametrize("b, size", [(1, 100), (16, 100), (7, 7)])
def test_gaussian_gradient(student, rng, b, size):
    mean, log_std = rng.normal(size=2)
    batch = rng.normal(size=b) * 3 + 1

    def log_likelihood(mean, log_std):
        return size * np.mean(-0.5 * ((batch - mean) / np.exp(log_std)) ** 2 - log_std)

    expected = (log_likelihood(mean + 1e-30j, log_std).imag / 1e-30, log_likelihood(mean, log_std + 1e-30j).imag / 1e-30)
    assert_close(student.call("gaussian_gradient", mean, log_std, batch, size), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.points(4)
@pytest.mark.hint("log of a Poisson probability is y log(rate) - rate, less a term without the rate.",
                  "The rate is exp(w x), so log(rate) is linear in w, and the derivative of the rate is the rate times x.",
                  "rate = np.exp(X @ w)")
@pytest.mark.parametrize("n, d", [(12, 3), (1, 5), (40, 2)])
@pytest.mark.imports(by_hand=True)
def test_poisson_gradient(student, rng, n, d):
    w, X = 0.5 * rng.normal(size=d), rng.normal(size=(n, d))
    y = rng.poisson(np.exp(X @ w)) + rng.integers(0, 3, n)
    expected = np.empty(d)
    for i in range(d):                                                   # exact to rounding, so differences do not pass
        rate = X @ (w + 1e-30j * np.eye(d)[i])
        expected[i] = np.mean(y * rate - np.exp(rate)).imag / 1e-30
    assert_close(student.call("poisson_gradient", w, X, y), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.points(4)
@pytest.mark.hint("The variance of g - c h is a parabola in c.", "c = Cov[g, h] / V[h], both estimated with T - 1",
                  "c = np.cov(g, h)[0, 1] / np.var(h, ddof=1)")
@pytest.mark.parametrize("noise, scale", [(0.1, 1.0), (1.0, -2.0), (0.5, 30.0)])
def test_control_variate(student, rng, noise, scale):
    h = rng.exponential(2.0, size=300)
    g = scale * h + noise * rng.normal(size=300) + 5
    line = stats.linregress(h, g)                                        # the same thing as a regression, read off at E[h]
    estimate = line.intercept + line.slope * 2.0
    error = np.std(g - line.slope * h, ddof=1) / np.sqrt(300)
    assert_close(student.call("control_variate", g, h, 2.0), (estimate, error), rtol=1e-8, atol=1e-10)


@pytest.mark.points(4)
@pytest.mark.timeout(60)
@pytest.mark.hint("A higher degree always fits the data better: by how much does it have to, to be believed?",
                  "(G-33): add R to the log-loss, such as log(N)/2 for each weight. Degrees from 0 to 24; the noise is 0.3.",
                  "X = np.polynomial.legendre.legvander(x, degree); w = np.linalg.lstsq(X, y, rcond=None)[0]")
def test_predict(student, rng):
    curves = [lambda x: 0.8 * x, lambda x: np.full_like(x, 0.5), lambda x: np.sin(3 * x), lambda x: np.sin(5 * x + 1),
              lambda x: x ** 2 - 0.6 * x ** 3, lambda x: np.sin(12 * x + 0.3)]
    errors = []
    for k in rng.permutation(len(curves)):
        turn = rng.choice([-1, 1])
        x, x_new = rng.uniform(-1, 1, 100), rng.uniform(-0.95, 0.95, 400)
        x[:2] = -1, 1
        y = turn * curves[k](x) + 0.3 * rng.normal(size=100)
        answer = student.call("predict", x, y, x_new, int(rng.integers(2**31)))
        answer = np.asarray(answer, dtype=float) if np.shape(answer) == (400,) else answer
        assert_close(np.shape(answer), (400,), name="the shape of the predictions")
        assert np.all(np.isfinite(answer)), "predictions must be finite"
        errors.append(np.mean((answer - turn * curves[k](x_new)) ** 2))
    # the solution: 0.003 to 0.014 on 200 seeds; degree 8 for all of them: 0.067 and more
    assert np.mean(errors) <= 0.016, f"a mean squared error of {np.mean(errors):.4f} on the true curves, and 0.016 was asked"
