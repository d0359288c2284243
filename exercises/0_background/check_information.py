"""Checks of the exercise on information. The student's code runs in a worker; what is expected is computed here, afterwards."""
import numpy as np
import pytest
from scipy import special

from edugen.grading import assert_close


def tables(rng, n, k):
    """Distributions with some zeros, (n, k)."""
    p = rng.dirichlet(np.ones(k), size=n) * (rng.random((n, k)) < 0.8)
    p[:, 0] += 0.01
    return p / p.sum(axis=1, keepdims=True)


@pytest.mark.points(2)
@pytest.mark.hint("The surprise at k is -log p_k, and it is met with probability p_k.", "Vidal (V-24)",
                  "log_p = np.log(np.where(p > 0, p, 1))")
@pytest.mark.parametrize("n, k", [(6, 5), (1, 2), (3, 40)])
def test_entropy(student, rng, n, k):
    p = tables(rng, n, k)
    assert_close(student.call("entropy", p), special.entr(p).sum(axis=1), rtol=1e-11, atol=1e-14)


@pytest.mark.points(3)
@pytest.mark.hint("There are three kinds of terms: p = 0, which add nothing; q = 0 < p, which add infinity; and the others.",
                  "Vidal (V-28), Grover (G-2)", "terms = np.where(p > 0, np.inf, 0.0), and then fill in where both are positive")
@pytest.mark.parametrize("n, k", [(12, 4), (1, 2), (3, 40)])
def test_kl_divergence(student, rng, n, k):
    p, q = tables(rng, n, k), tables(rng, n, k)
    q[::2] = (q[::2] + 0.1) / (1 + 0.1 * k)                              # every other row allows everything
    assert_close(student.call("kl_divergence", p, q), special.rel_entr(p, q).sum(axis=1), rtol=1e-9, atol=1e-13)


@pytest.mark.points(3)
@pytest.mark.hint("How far is the joint distribution from the one in which the two are independent?", "Vidal (V-30)",
                  "apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)")
@pytest.mark.parametrize("x, y", [(3, 4), (2, 2), (6, 5)])
def test_mutual_information(student, rng, x, y):
    joint = tables(rng, x, y)
    joint /= joint.sum()
    expected = special.entr(joint.sum(0)).sum() + special.entr(joint.sum(1)).sum() - special.entr(joint).sum()
    assert_close(student.call("mutual_information", joint), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.points(4)
@pytest.mark.hint("Of D only the terms with log q move; log q is the logits of q less their logsumexp.",
                  "The gradient of D in the logits of q is q - p. What is the derivative of a softmax?",
                  "p = softmax(logits); F has p_i (1 - p_i) on its diagonal; what off it?")
@pytest.mark.parametrize("k, scale", [(4, 1.0), (2, 2.0), (7, 3.0)])
@pytest.mark.imports(by_hand=True)
def test_fisher(student, rng, k, scale):
    z = scale * rng.normal(size=k)
    expected = np.empty((k, k))
    for j in range(k):                                                   # exact to rounding, so differences do not pass
        e = np.exp(z - z.max() + 1e-30j * np.eye(k)[j])
        expected[:, j] = (e / e.sum()).imag / 1e-30
    assert_close(student.call("fisher", z), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.points(4)
@pytest.mark.hint("Keep a dictionary from phrases to their numbers, and the phrase that you are in.",
                  "Extend the phrase while it is in the dictionary; when it is not, write it down and begin an empty one.",
                  "phrases, current, out = {(): 0}, (), []")
@pytest.mark.parametrize("n, ones", [(0, 0.5), (1, 1.0), (400, 0.5), (2000, 0.1), (60, 1.0)])
def test_lempel_ziv(student, rng, n, ones):
    symbols = (rng.random(n) < ones).astype(int).tolist()
    numbers, expected, at = {(): 0}, [], 0
    while at < n:
        end = at + 1
        while tuple(symbols[at:end]) in numbers and end < n:
            end += 1
        phrase = tuple(symbols[at:end])
        expected.append((numbers[phrase[:-1]], phrase[-1]))
        numbers.setdefault(phrase, len(expected))
        at = end
    answer = student.call("lempel_ziv", symbols)
    assert isinstance(answer, list), f"lempel_ziv must return a list of pairs, got {type(answer).__name__}"
    assert len(answer) == len(expected), f"{n} symbols fall into {len(expected)} phrases, and the answer has {len(answer)}"
    if n:
        assert_close(np.array([list(map(int, pair)) for pair in answer]), np.array(expected))


@pytest.mark.points(4)
@pytest.mark.timeout(20)
@pytest.mark.hint("An increasing function can be undone, so it neither adds nor takes information; and it keeps the order.",
                  "For correlation rho it is -log(1 - rho^2) / 2: so make x and y Gaussian again, by their ranks.",
                  "x = special.ndtri((np.argsort(np.argsort(x)) + 0.5) / len(x))")
def test_dependence(student, rng):
    squeeze = [np.exp, lambda t: t ** 3, lambda t: np.arctan(3 * t), lambda t: 1e4 + 100 * t, lambda t: np.exp(2 * t) - 1]
    for rho in rng.permutation([0.0, 0.35, -0.7, 0.85, 0.93]):
        x, y = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=4000).T
        f, g = rng.choice(len(squeeze), 2)
        answer = student.call("dependence", squeeze[f](x), squeeze[g](y))
        assert_close(answer, -0.5 * np.log(1 - rho ** 2), rtol=0, atol=0.08)    # the solution is off by 0.015 at most (one sigma)
