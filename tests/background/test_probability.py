"""Tables against loops over their entries; quadrature against SciPy and closed forms; the G-test against SciPy and simulation."""
import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from edugen import check_gradients
from edugen.background import Table, bayes, count, discretize, g_test, gauss_legendre, independent
from edugen.distributions import MultivariateNormal, Normal


@pytest.fixture
def joint(rng):
    """Three variables of 2, 3 and 4 values, all dependent."""
    return Table(rng.dirichlet(np.ones(24)).reshape(2, 3, 4), {"x": [-1.0, 2.0], "y": [0, 1, 5], "z": "abcd"})


def sums(table, where):
    """Sum of the entries whose values satisfy `where`, by a loop."""
    return sum(table.p[i] for i in np.ndindex(table.p.shape)
               if where(**{name: v[k] for k, (name, v) in zip(i, table.axes.items())}))


# The rules --------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-6")
def test_marginal_sums_the_others_away(joint):
    x, zx = joint.marginal("x"), joint.marginal("z", "x")
    assert list(x.axes) == ["x"] and list(zx.axes) == ["z", "x"] and zx.p.shape == (4, 2)
    for i, u in enumerate(joint.axes["x"]):
        np.testing.assert_allclose(x.p[i], sums(joint, lambda x, y, z, u=u: x == u), rtol=1e-12)
        for k, w in enumerate("abcd"):
            np.testing.assert_allclose(zx.p[k, i], sums(joint, lambda x, y, z, u=u, w=w: x == u and z == w), rtol=1e-12)
            np.testing.assert_allclose(joint.prob(z=w, x=u), zx.p[k, i], rtol=1e-12)
    np.testing.assert_allclose(joint.marginal().p, 1, rtol=1e-12)
    np.testing.assert_allclose(joint.marginal("y", "x").marginal("y").p, joint.marginal("y").p, rtol=1e-12)      # in any order


@pytest.mark.equation("V-7")
def test_conditional_is_joint_over_marginal(joint):
    table = joint.conditional("y", given=("z", "x"))
    assert table.names == ("y",) and table.given == ("z", "x") and list(table.axes) == ["z", "x", "y"]
    for (k, w), (i, u), (j, v) in itertools.product(enumerate("abcd"), enumerate((-1.0, 2.0)), enumerate((0, 1, 5))):
        above = sums(joint, lambda x, y, z, u=u, v=v, w=w: (x, y, z) == (u, v, w))
        np.testing.assert_allclose(table.p[k, i, j], above / sums(joint, lambda x, y, z, u=u, w=w: (x, z) == (u, w)), rtol=1e-12)
        np.testing.assert_allclose(joint.observe(z=w, x=u).p[j], table.p[k, i, j], rtol=1e-12)
        np.testing.assert_allclose(table.observe(z=w).observe(x=u).p[j], table.p[k, i, j], rtol=1e-12)
        np.testing.assert_allclose(table.prob(y=v, z=w, x=u), table.p[k, i, j], rtol=1e-12)
    np.testing.assert_allclose(table.p.sum(axis=-1), 1, rtol=1e-12)
    Table(table.p, table.axes, given=("z", "x"))             # passes the constructor's checks


@pytest.mark.equation("V-8")
def test_product_rule_in_both_orders(joint):
    xy = joint.marginal("x", "y")
    first = joint.conditional("x", given="y") * joint.marginal("y")
    second = joint.marginal("x") * joint.conditional("y", given="x")
    for product in (first, second):
        np.testing.assert_allclose(product.marginal("x", "y").p, xy.p, rtol=1e-12)
        assert not product.given
    chain = joint.marginal("x") * joint.conditional("y", given="x") * joint.conditional("z", given=("x", "y"))
    np.testing.assert_allclose(chain.p, joint.p, rtol=1e-12)
    kernel = joint.conditional("y", given="x") * joint.conditional("z", given=("x", "y"))            # still given x
    assert kernel.given == ("x",)
    np.testing.assert_allclose(kernel.marginal("y", "z").p, joint.conditional(("y", "z"), given="x").p, rtol=1e-12)


@pytest.mark.equation("V-9")
def test_bayes_turns_a_conditional_around(joint):
    posterior = bayes(joint.conditional("z", given="x"), joint.marginal("x"))
    np.testing.assert_allclose(posterior.p, joint.conditional("x", given="z").p, rtol=1e-12)
    likelihood, prior = joint.conditional("z", given="x").p, joint.marginal("x").p
    for k in range(4):
        below = sum(likelihood[i, k] * prior[i] for i in range(2))
        np.testing.assert_allclose(posterior.p[k], [likelihood[i, k] * prior[i] / below for i in range(2)], rtol=1e-12)


@pytest.mark.equation("V-4")
def test_independence(joint, rng):
    assert not independent(joint, "x", "y")
    product = joint.marginal("x") * joint.marginal("y")
    assert independent(product, "x", "y")
    np.testing.assert_allclose(product.p, [[a * b for b in joint.marginal("y").p] for a in joint.marginal("x").p], rtol=1e-12)
    np.testing.assert_allclose(product.conditional("x", given="y").p, np.tile(product.marginal("x").p, (3, 1)), rtol=1e-12)
    # independent given z, and not without
    given = joint.marginal("z") * joint.conditional("x", given="z") * joint.conditional("y", given="z")
    assert independent(given, "x", "y", given="z") and not independent(given, "x", "y")
    # pairwise independent, and not all together: z = x xor y
    xor = Table([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]], "x y z")
    assert independent(xor, "x", "y") and independent(xor, "x", "z") and not independent(xor, "x", ("y", "z"))
    assert not independent(xor, "x", "y", given="z")


def test_what_is_impossible():
    table = Table([[0.5, 0.5], [0.0, 0.0]], {"x": [0, 1], "y": [0, 1]})
    conditional = table.conditional("y", given="x")
    assert np.all(np.isnan(conditional.p[1]))                # nothing follows
    np.testing.assert_array_equal((conditional * table.marginal("x")).p, table.p)        # 0 times undefined
    with pytest.raises(ValueError, match="x = 1 has probability 0"):
        table.observe(x=1)


# Moments ----------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-17", "V-20", "V-21")
def test_moments_are_sums_over_all_entries(joint):
    x, y = joint.axes["x"], joint.axes["y"]
    p = joint.marginal("x", "y").p
    mu_x = sum(x[i] * p[i, j] for i in range(2) for j in range(3))
    mu_y = sum(y[j] * p[i, j] for i in range(2) for j in range(3))
    np.testing.assert_allclose(joint.expectation("x"), mu_x, rtol=1e-12)                             # (V-17)
    np.testing.assert_allclose(joint.expectation(["y", "x"]), [mu_y, mu_x], rtol=1e-12)
    var = sum((x[i] - mu_x) ** 2 * p[i, j] for i in range(2) for j in range(3))
    cov = sum((x[i] - mu_x) * (y[j] - mu_y) * p[i, j] for i in range(2) for j in range(3))
    np.testing.assert_allclose(joint.covariance("x"), var, rtol=1e-12)                               # (V-20)
    np.testing.assert_allclose(joint.covariance("x", "y"), cov, rtol=1e-12)                          # (V-21)
    matrix = joint.covariance(["x", "y"])
    assert matrix.shape == (2, 2) and joint.covariance(["x", "y"], ["y"]).shape == (2, 1)
    np.testing.assert_allclose(matrix, [[var, cov], [cov, joint.covariance("y")]], rtol=1e-12)
    np.testing.assert_allclose(joint.expectation(lambda x, z: x * (z == "b")), sum(
        u * sums(joint, lambda x, y, z, u=u: x == u and z == "b") for u in x), rtol=1e-12)


def test_conditional_expectations_average_to_the_expectation(joint):
    given = joint.conditional("y", given="x")
    means = given.expectation("y")
    assert means.shape == (2,)
    np.testing.assert_allclose(means[1], joint.observe(x=2.0).expectation("y"), rtol=1e-12)
    np.testing.assert_allclose(means @ joint.marginal("x").p, joint.expectation("y"), rtol=1e-12)
    within = np.array([joint.observe(x=x).covariance("y") for x in (-1.0, 2.0)])                     # and variances add up
    p = joint.marginal("x").p
    np.testing.assert_allclose(within @ p + (means - means @ p) ** 2 @ p, joint.covariance("y"), rtol=1e-12)


def test_samples_follow_the_table(joint):
    """False alarm 1e-3."""
    drawn = joint.sample(0, 20_000)
    assert set(drawn) == {"x", "y", "z"} and set(drawn["z"]) == set("abcd")
    counts, axes = count(drawn, joint.axes)
    assert axes == joint.axes and counts.sum() == 20_000
    assert stats.chisquare(counts.ravel(), 20_000 * joint.p.ravel() / joint.p.sum()).pvalue > 1e-3


def test_rules_are_differentiable(rng):
    p = rng.uniform(0.5, 1, (2, 3))

    def f(p):
        table = Table(p / np.sum(p), {"x": [-1, 2], "y": [0, 1, 5]})
        return (bayes(table.conditional("y", given="x"), table.marginal("x")).p, table.covariance("x", "y"),
                table.observe(y=5).expectation("x"))
    check_gradients(f, p, order=2)


# Densities --------------------------------------------------------------------------------------------------------------


GAUSS = MultivariateNormal([0.5, -1.0], [[1.0, 0.6], [0.6, 2.0]])
BOX = {"x": (-8.0, 9.0), "y": (-13.0, 11.0)}


def gauss(x, y):
    return np.exp(GAUSS.log_prob(np.stack([x, y], axis=-1)))


@pytest.mark.equation("V-1", "V-5")
def test_a_density_on_quadrature_nodes_is_a_table():
    table = discretize(gauss, BOX, points=80)
    (_, w_x), (y, w_y) = gauss_legendre(*BOX["x"], 80), gauss_legendre(*BOX["y"], 80)
    np.testing.assert_allclose(table.p.sum(), 1, rtol=1e-12)                                         # (V-1)
    np.testing.assert_allclose(table.marginal("x").p / w_x, stats.norm(0.5, 1).pdf(table.axes["x"]), atol=1e-10)     # (V-5)
    np.testing.assert_allclose(table.marginal("y").p / w_y, stats.norm(-1, np.sqrt(2)).pdf(table.axes["y"]), atol=1e-10)
    by_scipy = [integrate.quad(lambda x, v=v: gauss(np.array(x), np.array(v)), -8, 9, epsabs=1e-13)[0] for v in y[30:50:5]]
    np.testing.assert_allclose((table.marginal("y").p / w_y)[30:50:5], by_scipy, rtol=1e-9)
    x = table.axes["x"][40]
    conditional = stats.norm(-1 + 0.6 * (x - 0.5), np.sqrt(2 - 0.36))
    np.testing.assert_allclose(table.observe(x=x).p / w_y, conditional.pdf(y), atol=1e-9)


@pytest.mark.equation("V-16", "V-18", "V-19")
def test_moments_of_a_density_are_integrals():
    table = discretize(gauss, BOX, points=80)
    np.testing.assert_allclose(table.expectation(["x", "y"]), GAUSS.mean, atol=1e-10)                # (V-16)
    np.testing.assert_allclose(table.covariance(["x", "y"]), GAUSS.covariance, atol=1e-9)            # (V-18)
    np.testing.assert_allclose(table.covariance("x", "y"), 0.6, atol=1e-10)                          # (V-19)
    skew = discretize(lambda x: x * np.exp(-x), {"x": (0.0, 60.0)}, points=120)                      # Gamma(2): no symmetry helps
    np.testing.assert_allclose([skew.expectation("x"), skew.covariance("x")], [2, 2], rtol=1e-9)
    mean = integrate.quad(lambda x: x * x * np.exp(-x), 0, np.inf)[0]
    np.testing.assert_allclose(skew.expectation("x"), mean, rtol=1e-9)
    np.testing.assert_allclose(skew.covariance("x"), integrate.quad(lambda x: (x - mean) ** 2 * x * np.exp(-x), 0, np.inf)[0],
                               rtol=1e-9)


def test_quadrature_is_exact_for_polynomials(rng):
    nodes, weights = gauss_legendre(-1.5, 2.0, points=5)
    c = np.polynomial.Polynomial(rng.normal(size=10))        # degree 9
    np.testing.assert_allclose(weights @ c(nodes), c.integ()(2.0) - c.integ()(-1.5), rtol=1e-12)
    c = np.polynomial.Polynomial([0] * 10 + [1])             # and no further
    assert abs(weights @ c(nodes) - (c.integ()(2.0) - c.integ()(-1.5))) > 1e-3


def test_covariance_zero_is_not_independence():
    table = discretize(lambda x: np.exp(Normal(0.0, 1.0).log_prob(x)), {"x": (-10, 10)})
    np.testing.assert_allclose(table.expectation(lambda x: x * x ** 2), 0, atol=1e-10)               # x and x^2: uncorrelated
    die = Table(np.eye(3)[[0, 1, 0]] / 3, {"x": [-1, 0, 1], "square": [1, 0, 2]})
    assert np.isclose(die.covariance("x", "square"), 0) and not independent(die, "x", "square")


# Data -------------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-4")
def test_g_test_is_that_of_scipy_and_keeps_its_level(rng):
    for _ in range(20):
        counts = rng.integers(1, 50, (3, 4))
        peer = stats.chi2_contingency(counts, correction=False, lambda_="log-likelihood")
        own = g_test(counts)
        np.testing.assert_allclose([own.statistic, own.dof, own.p_value], [peer.statistic, peer.dof, peer.pvalue], rtol=1e-9)
    joint = np.outer([0.3, 0.7], [0.2, 0.3, 0.5])            # independent: 5 % alarms, to 4 standard errors of 2,000 runs
    tables = rng.multinomial(500, joint.ravel(), size=2000).reshape(-1, 2, 3)
    share = np.mean([g_test(t).p_value < 0.05 for t in tables])
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 2000)
    joint[0] += [0.06, 0, -0.06]                             # dependent: found in most runs
    tables = rng.multinomial(500, joint.ravel() / joint.sum(), size=200).reshape(-1, 2, 3)
    assert np.mean([g_test(t).p_value < 0.05 for t in tables]) > 0.9
    assert g_test([[3, 0], [5, 0]]) == (0.0, 0, 1.0)         # a value that never came, and nothing left to compare


def test_counts():
    counts, axes = count({"x": np.array([3, 1, 3]), "y": ["b", "a", "a"]})
    assert axes == {"x": (1, 3), "y": ("a", "b")}
    np.testing.assert_array_equal(counts, [[1, 0], [1, 1]])
    counts, _ = count({"x": [1, 1]}, {"x": [0, 1, 2]})
    np.testing.assert_array_equal(counts, [0, 2, 0])


# Errors -----------------------------------------------------------------------------------------------------------------


TWO = Table(np.full((2, 2), 0.25), "x y")


@pytest.mark.parametrize("call, message", [
    (lambda: Table([0.5, 0.6], "x"), r"sum to one, got 1\.1\. Counts become probabilities"),
    (lambda: Table([1.5, -0.5], "x"), "no negative number, got -0.5"),
    (lambda: Table([[0.5, 0.5]], "x"), "an axis for each variable"),
    (lambda: Table([0.5, 0.5], {"x": [1, 2, 3]}), r"\(3,\) for \(x\), got shape \(2,\)"),
    (lambda: Table([[0.5, 0.5], [0.5, 0.4]], "x y", given="x"), r"for every value of \('x',\), got 0\.9"),
    (lambda: TWO.marginal("q"), "no variable 'q'; there are x, y"),
    (lambda: TWO.marginal("x", "x"), "each variable once"),
    (lambda: TWO.conditional("x", given="x"), "both sides of the bar"),
    (lambda: TWO.conditional("x", given="y").marginal("y"), "a variable that is given"),
    (lambda: TWO.conditional("x", given="y").prob(x=0), "needs a value of y"),
    (lambda: TWO.conditional("x", given="y").sample(0, 3), "give y a value first"),
    (lambda: TWO.conditional("x", given="y").covariance("x"), "observe y first"),
    (lambda: TWO.observe(x=7), "x has no value 7; it has 0, 1"),
    (lambda: TWO * TWO.marginal("x"), "different variables, got x in both"),
    (lambda: TWO.conditional("x", given="y") * TWO.conditional("y", given="x"), "each factor is given a variable of the other"),
    (lambda: TWO.marginal("x") * Table(np.full((3, 2), 0.5), "x z", given="x"), r"x has the values \(0, 1\) in one factor"),
    (lambda: Table([0.5, 0.5], {"x": ["a", "b"]}).expectation("x"), "'a', 'b', which are no numbers"),
    (lambda: count({"x": [1, 2], "y": [1]}), r"one length \(N,\)"),
    (lambda: count({"x": [1, 2]}, {"x": [1]}), "x holds 2, which is none"),
    (lambda: g_test([1, 2]), "table of two variables"),
    (lambda: discretize(lambda x: np.exp(-x * x), {"x": (-8, 8)}), r"integrates to 1\.77245"),
    (lambda: discretize(gauss, {"x": (-1, 1), "y": (-1, 1)}), "widen the box"),
    (lambda: discretize(lambda x: x, {"x": (-1, 2)}), "nowhere negative"),
])
def test_bad_input_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
