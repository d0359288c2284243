"""Every family under one harness: SciPy, one law of shapes, samples against moments, both orders of the gradient, errors."""
import numpy as np
import pytest
from scipy import integrate, stats

from edugen import check_gradients, grad
from edugen.autodiff import tree
from edugen.distributions import (
    Bernoulli,
    Categorical,
    DiagonalNormal,
    Independent,
    MultivariateNormal,
    Normal,
    closed_form,
    kl,
)
from edugen.distributions.divergence import CLOSED_FORMS


def spd(rng, *shape):
    a = rng.normal(size=(*shape, shape[-1]))
    return a @ np.swapaxes(a, -1, -2) + 0.5 * np.eye(shape[-1])


def factor(rng, *shape):
    return np.tril(0.4 * rng.normal(size=(*shape, shape[-1])), -1) + rng.uniform(0.5, 2, (*shape, 1)) * np.eye(shape[-1])


# Each family, with a batch of shape `batch`.
FAMILIES = {
    "bernoulli": lambda rng, batch: Bernoulli(logits=rng.normal(size=batch)),
    "categorical": lambda rng, batch: Categorical(logits=rng.normal(size=(*batch, 4))),
    "normal": lambda rng, batch: Normal(rng.normal(size=batch), log_std=0.3 * rng.normal(size=batch)),
    "diagonal": lambda rng, batch: DiagonalNormal(rng.normal(size=(*batch, 3)), log_std=0.3 * rng.normal(size=(*batch, 3))),
    "multivariate": lambda rng, batch: MultivariateNormal(rng.normal(size=(*batch, 3)), cholesky=factor(rng, *batch, 3)),
    "independent": lambda rng, batch: Independent(Normal(rng.normal(size=(*batch, 3)), log_std=0.3 * rng.normal(size=3))),
}
EVERY = pytest.mark.parametrize("family", FAMILIES)
CONTINUOUS = pytest.mark.parametrize("family", ["normal", "diagonal", "multivariate", "independent"])
BATCHES = pytest.mark.parametrize("batch", [(), (5,), (2, 3), (1,), (0,)])


def entries(p):
    """The distributions of a batch, one by one: index and parameters without the batch."""
    for i in np.ndindex(p.batch_shape):
        yield i, tree.map(lambda leaf, i=i: leaf[i] if leaf.ndim > 1 or not isinstance(p, Independent) else leaf, p)


def scipys(p):
    """The same distribution in SciPy: its log-probability, mean, variance and entropy."""
    if isinstance(p, Bernoulli):
        q = stats.bernoulli(1 / (1 + np.exp(-p.logits)))
        return q.logpmf, q.mean(), q.var(), q.entropy()
    if isinstance(p, Categorical):
        pi = np.exp(p.logits) / np.sum(np.exp(p.logits))
        q = stats.rv_discrete(values=(np.arange(len(pi)), pi))
        return lambda x: np.log(pi)[x], q.mean(), q.var(), stats.entropy(pi)
    if isinstance(p, Normal):
        q = stats.norm(p.mean, np.exp(p.log_std))
        return q.logpdf, q.mean(), q.var(), q.entropy()
    cov = p.cholesky @ p.cholesky.T if isinstance(p, MultivariateNormal) else np.diag(p.variance)
    q = stats.multivariate_normal(p.mean, cov)
    return q.logpdf, p.mean, np.diag(cov), q.entropy()


@pytest.mark.equation("V-2", "V-3")
@EVERY
@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_equal_to_scipy(family, batch, rng):
    p = FAMILIES[family](rng, batch)
    x = p.sample(rng, 7)
    log_prob, mean, variance, entropy = p.log_prob(x), p.mean, p.variance, p.entropy()
    for i, single in entries(p):
        expected = scipys(single)
        np.testing.assert_allclose(log_prob[(slice(None), *i)], expected[0](x[(slice(None), *i)]), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(mean[i], expected[1], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(variance[i], expected[2], rtol=1e-10)
        np.testing.assert_allclose(entropy[i], expected[3], rtol=1e-10)


@EVERY
@BATCHES
def test_law_of_shapes(family, batch, rng):
    p = FAMILIES[family](rng, batch)
    event = (3,) if family in ("diagonal", "multivariate", "independent") else ()
    assert (p.batch_shape, p.event_shape) == (batch, event)
    assert np.shape(p.mean) == np.shape(p.variance) == batch + event and np.shape(p.entropy()) == batch
    for shape, sample in (((), ()), (4, (4,)), ((2, 4), (2, 4)), (0, (0,))):
        x = p.sample(rng, shape)
        assert np.shape(x) == sample + batch + event
        assert np.shape(p.log_prob(x)) == sample + batch
    x = p.sample(rng, 4)
    np.testing.assert_array_equal(np.exp(p.log_prob(x)) > 0, True)
    if batch == (5,):                                        # every observation under every distribution of the batch
        one = dict(entries(p))[0,]
        x = one.sample(rng, 6)
        table = p.log_prob(x[:, None])
        assert table.shape == (6, 5)
        np.testing.assert_allclose(table[:, 0], one.log_prob(x), rtol=1e-12, atol=1e-14)
    if batch == ():
        assert np.shape(p.log_prob(p.sample(rng))) == ()


def test_a_shared_factor_serves_a_batch_of_means(rng):
    means, cov = rng.normal(size=(2, 4, 3)), spd(rng, 3)
    p = MultivariateNormal(means, cov)
    assert p.batch_shape == (2, 4) and p.cholesky.shape == (3, 3)
    x = rng.normal(size=(6, 1, 1, 3))
    expected = [[[stats.multivariate_normal(m, cov).logpdf(row) for m in ms] for ms in means] for row in x[:, 0, 0]]
    np.testing.assert_allclose(p.log_prob(x), expected, rtol=1e-10)
    assert p.sample(rng, 5).shape == (5, 2, 4, 3) and p.entropy().shape == (2, 4) and p.variance.shape == (2, 4, 3)
    q = MultivariateNormal(rng.normal(size=3), spd(rng, 2, 1, 3))        # one mean, and factors (2, 1)
    x = rng.normal(size=(5, 2, 4, 3))
    expected = [[[stats.multivariate_normal(q.mean[j, 0], q.covariance[j, 0]).logpdf(x[i, j, k]) for k in range(4)]
                 for j in range(2)] for i in range(5)]
    np.testing.assert_allclose(q.log_prob(x), expected, rtol=1e-10)


@EVERY
def test_samples_have_the_moments_they_promise(family, rng):
    """The mean of n samples within 5 standard errors, their variance within 6: false alarm below 1e-5 for the whole test."""
    n, p = 40_000, FAMILIES[family](rng, (2,))
    x = p.sample(1, n)
    np.testing.assert_array_less(np.abs(x.mean(axis=0) - p.mean), 5 * np.sqrt(p.variance / n))
    fourth = np.mean((x - x.mean(axis=0)) ** 4, axis=0)
    np.testing.assert_array_less(np.abs(x.var(axis=0) - p.variance), 6 * np.sqrt(fourth / n) + 1e-12)
    surprise = -p.log_prob(x)                                # its mean is the entropy
    np.testing.assert_array_less(np.abs(surprise.mean(axis=0) - p.entropy()), 6 * surprise.std(axis=0) / np.sqrt(n))
    np.testing.assert_array_equal(x[:3], p.sample(np.random.default_rng(1), n)[:3])
    if family == "multivariate":
        for k in range(2):
            np.testing.assert_allclose(np.cov(x[:, k].T), p.covariance[k], atol=6 * np.max(p.variance) / np.sqrt(n) * 1.5)


def test_samples_of_a_normal_pass_kolmogorov_and_smirnov():
    """False alarm 1e-3."""
    x = Normal(2.0, 3.0).sample(0, 20_000)
    assert stats.kstest(x, stats.norm(2, 3).cdf).pvalue > 1e-3


def test_samples_of_a_categorical_pass_a_chi_squared_test():
    """False alarm 1e-3; what is impossible never comes."""
    pi = np.array([0.1, 0.0, 0.5, 0.4, 0.0])
    counts = np.bincount(Categorical(pi).sample(0, 50_000), minlength=5)
    assert counts[1] == counts[4] == 0
    assert stats.chisquare(counts[pi > 0], 50_000 * pi[pi > 0]).pvalue > 1e-3


@pytest.mark.equation("V-1")
@pytest.mark.parametrize("p", [Normal(0.3, 1.7), Normal(-4.0, 0.01)])
def test_densities_integrate_to_one(p):
    total, _ = integrate.quad(lambda x: np.exp(p.log_prob(np.array(x))), *(p.mean + 12 * p.std * np.array([-1, 1])),
                              points=[p.mean])
    np.testing.assert_allclose(total, 1, rtol=1e-10)
    assert np.all(np.exp(p.log_prob(np.linspace(-20, 20, 999))) >= 0)


@pytest.mark.equation("V-1", "V-3")
def test_probabilities_add_up_to_one(rng):
    p = Categorical(logits=rng.normal(size=(6, 5)))
    np.testing.assert_allclose(np.sum(np.exp(p.log_prob(np.arange(5)[:, None])), axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(np.exp(Bernoulli(0.3).log_prob(np.arange(2))).sum(), 1, rtol=1e-14)


# Gradients --------------------------------------------------------------------------------------------------------------


@EVERY
def test_log_prob_and_entropy_are_differentiable_twice(family, rng):
    p = FAMILIES[family](rng, (2,))
    x = p.sample(rng, 3)
    check_gradients(lambda p: p.log_prob(x), p, order=2)
    check_gradients(lambda p: p.entropy(), p, order=2)
    check_gradients(lambda p: p.mean * p.variance, p, order=2)
    if x.dtype.kind == "f":
        check_gradients(lambda x: p.log_prob(x), x, order=2)


@EVERY
def test_divergence_is_differentiable_twice(family, rng):
    p, q = FAMILIES[family](rng, (2,)), FAMILIES[family](rng, (2,))
    check_gradients(kl, p, q, order=2)


@CONTINUOUS
def test_gradients_flow_through_samples(family, rng):
    p = FAMILIES[family](rng, (2,))
    check_gradients(lambda p: np.sin(p.sample(7, 3)), p, order=2)
    n = 200_000                                              # d/dmean E[sin x] = E[cos x], from the same samples and from others
    slope = grad(lambda p: np.sum(np.sin(p.sample(1, n))) / n)(p)
    slope = slope.base.mean if family == "independent" else slope.mean
    np.testing.assert_allclose(slope, np.mean(np.cos(p.sample(2, n)), axis=0), atol=5 * np.sqrt(2 / n))


@pytest.mark.parametrize("family", ["bernoulli", "categorical"])
def test_no_gradient_flows_through_a_choice(family, rng):
    slope = grad(lambda p: np.sum(p.sample(0, 5) * 2.0) + 0 * np.sum(p.logits))(FAMILIES[family](rng, ()))
    np.testing.assert_array_equal(slope.logits, 0)


def test_the_triangle_above_a_factor_is_no_parameter(rng):
    p = FAMILIES["multivariate"](rng, ())
    slope = grad(lambda p: np.sum(p.log_prob(np.ones((4, 3)))) + p.entropy())(p).cholesky
    np.testing.assert_array_equal(np.triu(slope, 1), 0)
    assert np.all(slope[np.tril_indices(3)] != 0)


def test_a_covariance_has_a_symmetric_gradient(rng):
    cov, x = spd(rng, 3), rng.normal(size=(5, 3))
    f = lambda cov: np.sum(MultivariateNormal(np.zeros(3), cov).log_prob(x))
    S = np.linalg.inv(cov)
    np.testing.assert_allclose(grad(f)(cov), -0.5 * (5 * S - S @ x.T @ x @ S), rtol=1e-9)
    g = lambda S: np.sum(MultivariateNormal(np.zeros(3), precision=S).log_prob(x))
    np.testing.assert_allclose(grad(g)(S), 0.5 * (5 * cov - x.T @ x), rtol=1e-9)                 # (V-59)


@EVERY
def test_a_step_of_gradient_descent_stays_in_the_family(family, rng):
    p = FAMILIES[family](rng, (2,))
    x = p.sample(rng, 50)
    g = grad(lambda p: -np.mean(p.log_prob(x)))(p)
    assert type(g) is type(p)
    q = tree.map(lambda a, b: a - 5 * b, p, g)               # a long step
    assert type(q) is type(p) and np.all(np.isfinite(q.log_prob(x)))
    assert np.all(q.variance > 0)


# Three ways to say it ---------------------------------------------------------------------------------------------------


def test_parameters_by_other_names(rng):
    q, pi, std, cov = rng.uniform(size=4), rng.dirichlet(np.ones(3), 2), rng.uniform(0.5, 2, 3), spd(rng, 2, 3)
    np.testing.assert_allclose(Bernoulli(q).probs, q, rtol=1e-12)
    np.testing.assert_allclose(Bernoulli(q).logits, np.log(q / (1 - q)), rtol=1e-12)
    np.testing.assert_allclose(Categorical(pi).probs, pi, rtol=1e-12)
    np.testing.assert_allclose(Categorical(logits=np.log(pi) + 7).log_probs, np.log(pi), rtol=1e-12)
    np.testing.assert_allclose(Normal(0, std).log_std, np.log(std), rtol=1e-12)
    np.testing.assert_allclose(DiagonalNormal(np.zeros(3), std).std, std, rtol=1e-12)
    for p in (MultivariateNormal(np.zeros(3), cov), MultivariateNormal(np.zeros(3), precision=np.linalg.inv(cov)),
              MultivariateNormal(np.zeros(3), cholesky=np.linalg.cholesky(cov))):
        np.testing.assert_allclose(p.covariance, cov, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(p.precision, np.linalg.inv(cov), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(p.cholesky, np.linalg.cholesky(cov), rtol=1e-9, atol=1e-12)
    p = MultivariateNormal(np.zeros(3), cholesky=-np.linalg.cholesky(cov[0]))      # as good a factor
    np.testing.assert_allclose(p.log_prob(np.ones(3)), stats.multivariate_normal(np.zeros(3), cov[0]).logpdf(np.ones(3)))


def test_lists_and_integers_are_numbers():
    assert Normal(0, [1, 2, 3]).mean.shape == Normal(np.zeros((2, 1)), np.ones(3)).sample(0).shape[1:] == (3,)
    assert Bernoulli([0, 1]).batch_shape == (2,)
    np.testing.assert_array_equal(Bernoulli([0, 1]).log_prob(np.array([0, 1])), 0)
    assert Normal(3, 2).log_prob(3).dtype == float
    assert MultivariateNormal([0, 0], [[2, 1], [1, 2]]).log_prob([0, 0]).dtype == float


@EVERY
def test_single_precision_stays(family, rng):
    p = tree.map(np.float32, FAMILIES[family](rng, (2,)))
    x = p.sample(rng, 3)
    assert p.log_prob(x).dtype == p.entropy().dtype == p.variance.dtype == np.float32
    assert kl(p, p).dtype == np.float32
    if x.dtype.kind == "f":
        assert x.dtype == np.float32


def test_certain_outcomes():
    sure = Bernoulli(np.array([0.0, 1.0]))
    with np.errstate(all="raise", divide="ignore"):
        np.testing.assert_array_equal(sure.entropy(), 0)
        np.testing.assert_array_equal(sure.log_prob(1), [-np.inf, 0])
        np.testing.assert_array_equal(sure.variance, 0)
        np.testing.assert_array_equal(kl(sure, sure), 0)
        np.testing.assert_array_equal(kl(Bernoulli(0.5), sure), np.inf)
        die = Categorical([0.0, 0.5, 0.5])
        assert die.log_prob(0) == -np.inf and np.isclose(die.entropy(), np.log(2))
        assert kl(die, die) == 0 and kl(die, Categorical([0.0, 0.0, 1.0])) == np.inf
        assert np.isclose(kl(Categorical([0.0, 0.0, 1.0]), die), np.log(2))


# Divergences ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", CLOSED_FORMS, ids=lambda pair: "-".join(c.__name__ for c in pair))
def test_divergence_is_what_samples_say(pair, rng):
    """The mean log-ratio of n samples within 5 of its standard errors: false alarm below 1e-5."""
    names = {Bernoulli: "bernoulli", Categorical: "categorical", Normal: "normal", DiagonalNormal: "diagonal",
             MultivariateNormal: "multivariate", Independent: "independent"}
    n, (p, q) = 50_000, (FAMILIES[names[c]](rng, (3,)) for c in pair)
    x = p.sample(rng, n)
    ratio = p.log_prob(x) - q.log_prob(x)
    exact = kl(p, q)
    assert exact.shape == (3,) and np.all(exact > 0)
    np.testing.assert_array_less(np.abs(ratio.mean(axis=0) - exact), 5 * ratio.std(axis=0) / np.sqrt(n))
    if pair[0] is pair[1]:
        np.testing.assert_allclose(kl(p, p), 0, atol=1e-12)


def test_divergence_is_the_integral(rng):
    p, q = Normal(0.3, 1.2), Normal(-0.5, 0.7)
    integrand = lambda x: stats.norm(0.3, 1.2).pdf(x) * (stats.norm(0.3, 1.2).logpdf(x) - stats.norm(-0.5, 0.7).logpdf(x))
    np.testing.assert_allclose(kl(p, q), integrate.quad(integrand, -15, 15)[0], rtol=1e-10)
    pi, rho = rng.dirichlet(np.ones(5), 2)
    np.testing.assert_allclose(kl(Categorical(pi), Categorical(rho)), stats.entropy(pi, rho), rtol=1e-12)


def test_diagonal_is_the_full_one(rng):
    p, q = FAMILIES["diagonal"](rng, (4,)), FAMILIES["diagonal"](rng, (4,))
    x = p.sample(rng, 5)
    np.testing.assert_allclose(p.log_prob(x), p.full().log_prob(x), rtol=1e-12)
    np.testing.assert_allclose(kl(p, q), kl(p.full(), q.full()), rtol=1e-10)
    np.testing.assert_allclose(p.entropy(), p.full().entropy(), rtol=1e-12)
    np.testing.assert_allclose(p.covariance, p.full().covariance, rtol=1e-12)


@pytest.mark.equation("V-65")
def test_independent_coordinates_multiply(rng):
    q, pi = rng.uniform(size=(2, 3)), rng.dirichlet(np.ones(4), size=3)
    p, x = Independent(Bernoulli(q)), rng.integers(0, 2, (5, 2, 3))
    np.testing.assert_allclose(np.exp(p.log_prob(x)), np.prod(np.where(x, q, 1 - q), axis=-1), rtol=1e-12)
    every = np.stack(np.meshgrid(*[[0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    np.testing.assert_allclose(np.sum(np.exp(p.log_prob(every)), axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(p.marginal([2, 0]).base.probs, q[:, [2, 0]], rtol=1e-12)
    dice = Independent(Categorical(pi))
    np.testing.assert_allclose(dice.log_prob([0, 3, 1]), np.log(pi[0, 0] * pi[1, 3] * pi[2, 1]), rtol=1e-12)
    np.testing.assert_allclose(dice.marginal([1]).base.probs, pi[[1]], rtol=1e-12)
    with pytest.raises(ValueError, match=r"batch \(\.\.\., D\), got events of shape \(\) in a batch of shape \(\)"):
        Independent(Bernoulli(0.5))
    with pytest.raises(ValueError, match="got ndarray"):
        Independent(q)


def test_unknown_pair_is_refused_and_can_be_registered():
    class Flat(Normal):
        pass

    class Strange:
        pass

    assert np.isclose(kl(Flat(0.0, 1.0), Normal(0.0, 2.0)), kl(Normal(0.0, 1.0), Normal(0.0, 2.0)))      # a subclass is one
    with pytest.raises(TypeError, match=r"no closed form of KL\[Normal \|\| Strange\].*Estimate it"):
        kl(Normal(0.0, 1.0), Strange())
    try:
        closed_form(Normal, Strange)(lambda p, q: 42.0)
        assert kl(Normal(0.0, 1.0), Strange()) == 42
    finally:
        CLOSED_FORMS.pop((Normal, Strange))


# Marginals, and errors --------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-11")
def test_marginal_is_a_block(rng):
    p = MultivariateNormal(rng.normal(size=(2, 4)), spd(rng, 2, 4))
    for a in ([1], [3, 0], [-1, 1], np.array([True, False, True, True])):
        m = p.marginal(a)
        np.testing.assert_allclose(m.mean, p.mean[:, a], rtol=1e-12)
        np.testing.assert_allclose(m.covariance, p.covariance[:, a][:, :, a], rtol=1e-10)
    check_gradients(lambda p: p.marginal([2, 0]).log_prob(np.ones(2)), p, order=2)
    q = DiagonalNormal(rng.normal(size=(2, 4)), rng.uniform(0.5, 2, 4))
    np.testing.assert_allclose(q.marginal([3, 0]).covariance, q.full().marginal([3, 0]).covariance, rtol=1e-12)
    assert p.marginal([]).log_prob(np.zeros((5, 2, 0))).shape == (5, 2)          # nothing is known: probability 1
    shared = MultivariateNormal(p.mean, p.covariance[0]).marginal([])
    np.testing.assert_array_equal(shared.log_prob(np.zeros((5, 2, 0))), 0)


@pytest.mark.parametrize("call, message", [
    (lambda: Bernoulli(1.5), r"probs must lie in \[0, 1\], got 1\.5"),
    (lambda: Bernoulli(np.array([0.5, np.nan])), "probs must lie in"),
    (lambda: Bernoulli(), "exactly one of probs, logits, got none"),
    (lambda: Bernoulli(0.5, logits=0.0), "got probs and logits"),
    (lambda: Bernoulli(0.5).log_prob(np.array([0.2, 1.0])), "x must hold 0s and 1s .*got 0.2"),
    (lambda: Categorical([0.5, 0.6]), "probs must sum to one along the last axis, got 1.1"),
    (lambda: Categorical([1.5, -0.5]), "probs must not be negative, got -0.5"),
    (lambda: Categorical(0.5), "last axis of K outcomes"),
    (lambda: Categorical(logits=[-np.inf, -np.inf]), "leave one outcome"),
    (lambda: Categorical([0.5, 0.5]).log_prob(2), r"integers in 0\.\.1, got int64 in 2\.\.2"),
    (lambda: Categorical([0.5, 0.5]).log_prob(0.5), "integers in 0..1, got float64"),
    (lambda: Normal(0.0, -1.0), "std must be positive, got -1.0"),
    (lambda: Normal(np.nan, 1.0), "mean must be finite"),
    (lambda: Normal(np.zeros(3), np.ones(2)), r"must broadcast, got shapes \(3,\) and \(2,\)"),
    (lambda: Normal(np.zeros(3), 1.0).log_prob(np.zeros(2)), r"x of shape \(2,\) does not match the batch of shape \(3,\)"),
    (lambda: Normal(0.0, 1.0).sample(0, -1), "shape says how many"),
    (lambda: Normal(0.0, 1.0).sample(0, 2.5), "shape says how many"),
    (lambda: MultivariateNormal(np.zeros(2), np.eye(3)), r"got shapes \(2,\) and \(3, 3\)"),
    (lambda: MultivariateNormal(np.zeros(2), [[1.0, 0.5], [0.0, 1.0]]), "covariance must be symmetric"),
    (lambda: MultivariateNormal(np.zeros(2), [[1.0, 2.0], [2.0, 1.0]]), "positive definite; its smallest eigenvalue is -1"),
    (lambda: MultivariateNormal(np.zeros(2), precision=[[1.0, 2.0], [2.0, 1.0]]), "precision must be positive definite"),
    (lambda: MultivariateNormal(np.zeros(2), np.ones((2, 2))), "positive definite"),
    (lambda: MultivariateNormal(np.zeros(2), cholesky=np.ones((2, 2))), "lower triangular"),
    (lambda: MultivariateNormal(np.zeros(2), cholesky=np.diag([1.0, 0.0])), "no zero on its diagonal"),
    (lambda: MultivariateNormal(np.zeros(2), np.eye(2)).log_prob(np.zeros(3)), r"the event shape \(2,\), got shape \(3,\)"),
    (lambda: MultivariateNormal(np.zeros(2), np.eye(2)).marginal([0, 0]), "distinct integers in 0..1"),
    (lambda: MultivariateNormal(np.zeros(2), np.eye(2)).marginal([2]), "distinct integers in 0..1"),
    (lambda: DiagonalNormal(np.zeros(2), np.zeros(2)), "std must be positive, got 0.0"),
    (lambda: DiagonalNormal(np.zeros(2), np.ones(3)), "must broadcast"),
])
def test_bad_input_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
