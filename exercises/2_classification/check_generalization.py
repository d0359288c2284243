"""Checks of the exercise on generalization. The student's code runs in a worker; the expected is computed here, afterwards."""
import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import rel_entr
from scipy.stats import beta

from edugen.grading import assert_close, parts


@pytest.mark.points(2)
@pytest.mark.hint("The mean loss, and how far it may be off.", "Cho (2.109), with its sign mended: edugen errata",
                  "math.log(models) + math.log(2 / delta)")
@pytest.mark.parametrize("models", [1, 30, 10 ** 9])
def test_risk_below(student, rng, models):
    losses, delta = rng.random(int(rng.integers(1, 60))) ** 3, float(rng.uniform(0.001, 0.5))
    epsilon = math.sqrt((math.log(models) + math.log(2 / delta)) / (2 * len(losses)))
    assert_close(student.call("risk_below", losses, delta, models), sum(losses) / len(losses) + epsilon, rtol=1e-10)


@pytest.mark.points(2)
@pytest.mark.hint("Take logarithms of both sides.", "Cho (2.103), with log models beside log(2 / delta)", "math.ceil(...)")
@pytest.mark.parametrize("models", [1, 30, 10 ** 9])
def test_examples_for(student, rng, models):
    epsilon, delta = float(10 ** rng.uniform(-3, -0.5)), float(rng.uniform(0.001, 0.5))
    answer = student.call("examples_for", epsilon, delta, models)
    assert isinstance(answer, int | np.integer), "return an int"
    fails = lambda n: 2 * models * math.exp(-2 * n * epsilon ** 2) > delta
    assert not fails(answer), f"{answer} examples are too few"
    assert fails(answer - 1), f"{answer - 1} examples are enough, too"


def coin_kl(q, p):
    return float(rel_entr(q, p) + rel_entr(1 - q, 1 - p))


@pytest.mark.points(3)
@pytest.mark.hint("The divergence grows as p moves up from q: halve an interval.", "0 log 0 is 0: q may be 0 or 1",
                  "low, high = np.where(kl <= c, middle, low), np.where(kl <= c, high, middle)")
@pytest.mark.parametrize("ends", [False, True])
def test_largest_risk(student, rng, ends):
    q, c = rng.random(6), 10 ** rng.uniform(-5, 0.5, size=6)
    if ends:
        q[:3] = [0, 1, 1e-7]
    above = lambda p, a, b: coin_kl(a, p) - b
    expected = [1.0 if above(1 - 1e-16, a, b) <= 0 else brentq(above, max(a, 1e-300), 1 - 1e-16, args=(a, b), xtol=1e-15)
                for a, b in zip(q, c, strict=True)]
    with np.errstate(all="ignore"):
        assert_close(student.call("largest_risk", q, c), np.array(expected), rtol=1e-8, atol=1e-12)


@pytest.mark.points(3)
@pytest.mark.hint("Each model has its own probability of failure.", "Cho (2.104), with another delta for each",
                  "2 * np.exp(-2 * n * epsilon ** 2) = delta * weights")
@pytest.mark.parametrize("k", [1, 2, 9])
@pytest.mark.imports(by_hand=True)
def test_unequal_gaps(student, rng, k):
    n, delta, weights = int(rng.integers(5, 500)), float(rng.uniform(0.001, 0.5)), rng.dirichlet(np.full(k, 0.7)) + 1e-6
    weights /= weights.sum()
    answer = student.call("unequal_gaps", n, delta, weights)
    assert_close(answer, np.array([math.sqrt(math.log(2 / (delta * w)) / (2 * n)) for w in weights]), rtol=1e-10)


@pytest.mark.points(3)
@pytest.mark.hint("The probability of so few errors falls as the risk grows: halve an interval.",
                  "scipy.stats.binom.cdf(wrong, n, risk) = delta", "only wrong = n has no end: there every risk is possible")
@pytest.mark.parametrize("case", ["none", "few", "most", "all"])
def test_exact_bound(student, rng, case):
    n, delta = int(rng.integers(5, 400)), float(rng.uniform(0.001, 0.4))
    wrong = {"none": 0, "few": int(rng.integers(1, 4)), "most": n - 1, "all": n}[case]
    expected = 1.0 if wrong == n else float(beta.ppf(1 - delta, wrong + 1, n - wrong))
    assert_close(student.call("exact_bound", wrong, n, delta), expected, rtol=1e-8)


@pytest.mark.points(3)
@pytest.mark.hint("Divide the losses by 10, and multiply the bound by 10.", "unbiased: ddof=1",
                  "math.sqrt(2 * variance * math.log(2 / delta) / n)")
@pytest.mark.parametrize("n", [2, 9, 300])
def test_empirical_bernstein(student, rng, n):
    losses, delta = 10 * rng.beta(0.4, 1.5, size=n), float(rng.uniform(0.001, 0.5))
    mean = sum(losses) / n
    variance = sum((losses - mean) ** 2) / (n - 1)
    expected = mean + math.sqrt(2 * variance * math.log(2 / delta) / n) + 70 * math.log(2 / delta) / (3 * (n - 1))
    assert_close(student.call("empirical_bernstein", losses, delta), expected, rtol=1e-10)


@pytest.mark.points(4)
@pytest.mark.hint("Divide delta among the models, and take the best bound that sees a number of errors.",
                  "exact_bound, with delta / K", "k = int(np.argmin(wrong))")
@pytest.mark.parametrize("case", ["equal", "small", "one"])
def test_best_of_many(student, rng, case):
    n, models, delta, worlds = int(rng.integers(200, 400)), 1 if case == "one" else int(rng.integers(30, 60)), 0.1, 60
    broken, sizes = 0, []
    for _ in range(worlds):
        risks = np.full(models, 0.15) if case != "small" else rng.uniform(0.02, 0.25, size=models)
        wrong = rng.binomial(n, risks)
        k, bound = parts(student.call("best_of_many", wrong, n, delta), "k", "bound").values()
        assert isinstance(k, int | np.integer) and 0 <= k < models, f"k must be the index of one of {models} models, got {k!r}"
        assert np.ndim(bound) == 0 and np.isfinite(bound), f"the bound must be a number, got {bound!r}"
        broken += risks[k] > bound
        sizes.append(bound / (wrong.min() / n + math.sqrt((math.log(models) + math.log(2 / delta)) / (2 * n))))
    allowed = delta * worlds + 4 * math.sqrt(delta * worlds)
    assert broken <= allowed, f"broken in {broken} of {worlds} worlds, where {delta:.0%} are allowed"
    if case == "small":
        assert np.mean(sizes) <= 0.75, f"the bound is {np.mean(sizes):.3f} times that of (2.109), on average, not 0.75"
