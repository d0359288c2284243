"""Structure: counts against tables, inference against enumeration, chains against matrices, trees against all trees."""
import itertools
import math

import numpy as np
import pytest
from scipy import stats

from edugen.background import (
    BayesNet,
    EnergyModel,
    LatentClasses,
    MarkovChain,
    chain_rule,
    chow_liu_tree,
    entropy,
    fit_bayes_net,
    fit_markov_chain,
    mutual_information,
    parameter_count,
)
from edugen.data import digits, nltcs


def random_net(rng, parents, sizes):
    return BayesNet(tuple(map(tuple, parents)),
                    tuple(rng.dirichlet(np.ones(sizes[i]), size=[sizes[j] for j in above]) for i, above in enumerate(parents)))


#: A diamond with a tail and a stranger, numbered out of order: 3 -> 0, 3 -> 4, (0, 4) -> 1, 1 -> 2; 5 alone.
DIAMOND, SIZES = [(3,), (0, 4), (1,), (), (3,), ()], (2, 3, 2, 3, 2, 4)


@pytest.fixture
def net(rng):
    return random_net(rng, DIAMOND, SIZES)


# Counting ------------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-62", "V-63", "V-64", "G-1")
def test_tables_of_a_whole_joint_distribution():
    assert parameter_count(chain_rule(3), [256] * 3) == 256 * 256 * 256 - 1                                # (V-62)
    for n in (1, 2, 5):
        states = len(list(itertools.product((0, 1), repeat=n)))
        assert states == 2 ** n                                                                          # (V-63)
        assert parameter_count(chain_rule(n), [2] * n) == states - 1                                       # (V-64)
    pictures = 2 ** 784                                                                                  # (G-1)
    assert parameter_count(chain_rule(784), [2] * 784) == pictures - 1
    assert 10 ** 236 < pictures < 1.02 * 10 ** 236


@pytest.mark.equation("V-65", "V-66", "V-67")
def test_independence_and_the_chain_rule(rng):
    n = 5
    assert parameter_count([()] * n, [2] * n) == n
    apart = random_net(rng, [()] * n, [2] * n)
    product = np.array([math.prod(apart.tables[i][k] for i, k in enumerate(x)) for x in itertools.product((0, 1), repeat=n)])
    np.testing.assert_allclose(apart.joint().ravel(), product, rtol=1e-12)                               # (V-65)
    joint = rng.dirichlet(np.ones(2 ** n)).reshape((2,) * n)                                             # any distribution ...
    tables = []
    for i in range(n):
        upto = joint.sum(axis=tuple(range(i + 1, n)))
        tables.append(upto / upto.sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(BayesNet(tuple(chain_rule(n)), tuple(tables)).joint(), joint, rtol=1e-10)   # ... is (V-66)
    assert sum(2 ** i for i in range(n)) == 2 ** n - 1 == sum(table.size // 2 for table in tables)       # (V-67)


@pytest.mark.equation("V-68", "V-69", "V-70")
def test_markov_assumption_cancels_all_but_the_neighbor(rng):
    n = 5
    chain = MarkovChain(rng.dirichlet(np.ones(2)), rng.dirichlet(np.ones(2), size=2))
    net = BayesNet(((),) + tuple((i,) for i in range(n - 1)), (chain.initial,) + (chain.transition,) * (n - 1))
    joint = net.joint()
    for i in range(1, n):                                                     # the chain rule's conditionals ...
        upto = joint.sum(axis=tuple(range(i + 1, n)))
        conditional = upto / upto.sum(axis=-1, keepdims=True)
        np.testing.assert_allclose(conditional, np.broadcast_to(chain.transition, conditional.shape), rtol=1e-10)        # (V-68)
    states = np.array(list(itertools.product((0, 1), repeat=n)))
    np.testing.assert_allclose(np.exp(chain.log_prob(states)), joint.ravel(), rtol=1e-10)                # (V-69)
    np.testing.assert_allclose(net.log_prob(states), chain.log_prob(states), rtol=1e-10)
    assert parameter_count(net.parents, [2] * n) == 2 * n - 1                                            # (V-70)


def test_count_is_that_of_the_free_entries(net):
    assert parameter_count(DIAMOND, SIZES) == sum(table.size - table.size // table.shape[-1] for table in net.tables)


# Bayes nets -----------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-71")
def test_net_is_a_distribution(net):
    joint = net.joint()
    assert joint.shape == SIZES
    np.testing.assert_allclose(joint.sum(), 1, rtol=1e-12)
    states = np.array(list(itertools.product(*map(range, SIZES))))
    np.testing.assert_allclose(np.exp(net.log_prob(states)), joint.ravel(), rtol=1e-10)
    t = net.tables
    by_hand = t[3][2] * t[0][2, 1] * t[4][2, 0] * t[1][1, 0, 2] * t[2][2, 1] * t[5][3]
    np.testing.assert_allclose(joint[1, 2, 1, 2, 0, 3], by_hand, rtol=1e-12)


@pytest.mark.parametrize("query, evidence", [
    ([0], {}), ([2], {3: 1}), ([3], {2: 1}), ([0, 4], {1: 2}), ([4, 0], {1: 2, 5: 3}), ([2, 5], {0: 1, 3: 0}), ([5], {2: 0}),
    ([], {2: 1}),
])
def test_elimination_is_enumeration(net, query, evidence):
    joint = net.joint()[tuple(evidence.get(i, slice(None)) for i in range(6))]
    left = [i for i in range(6) if i not in evidence]
    summed = joint.sum(axis=tuple(k for k, i in enumerate(left) if i not in query))
    expected = np.transpose(summed, np.argsort(np.argsort(query))) if len(query) else summed
    np.testing.assert_allclose(net.infer(query, evidence), expected / expected.sum(), rtol=1e-10)


def test_elimination_does_what_enumeration_cannot(rng):
    """A chain of 60 variables of 3 values: 3^60 states; the end, given the start, is a power of the matrix."""
    transition = rng.dirichlet(np.ones(3), size=3)
    net = BayesNet(((),) + tuple((i,) for i in range(59)), (np.ones(3) / 3,) + (transition,) * 59)
    np.testing.assert_allclose(net.infer([5], {0: 1}), np.linalg.matrix_power(transition, 5)[1], rtol=1e-9)
    np.testing.assert_allclose(net.infer([59], {0: 2}), np.linalg.matrix_power(transition, 59)[2], rtol=1e-9)


def test_samples_are_those_of_the_joint(net):
    x = net.sample(0, 50_000)
    counts = np.zeros(SIZES)
    np.add.at(counts, tuple(x.T), 1)
    expected = 50_000 * net.joint()
    ample = expected > 5
    statistic = np.sum((counts - expected)[ample] ** 2 / expected[ample])
    assert stats.chi2(ample.sum()).sf(statistic) > 1e-4


def test_most_likely_tables_are_frequencies(rng, net):
    x = net.sample(1, 4000)
    fitted = fit_bayes_net(x, DIAMOND, SIZES)
    for u in itertools.product(range(2), range(2)):
        rows = x[(x[:, 0] == u[0]) & (x[:, 4] == u[1]), 1]
        np.testing.assert_allclose(fitted.tables[1][u], np.bincount(rows, minlength=3) / len(rows), rtol=1e-12)
    best = fitted.log_prob(x).mean()
    for _ in range(30):                                                       # no tables near them are likelier
        tables = [(0.98 * t + 0.02 * rng.dirichlet(np.ones(t.shape[-1]), size=t.shape[:-1])) for t in fitted.tables]
        assert BayesNet(fitted.parents, tuple(tables)).log_prob(x).mean() < best
    smooth = fit_bayes_net(np.zeros((3, 1), int), [()], [2], smoothing=1)
    np.testing.assert_allclose(smooth.tables[0], [4 / 5, 1 / 5])                                         # Laplace
    unseen = fit_bayes_net(np.zeros((3, 2), int), [(), (0,)], [2, 2])
    np.testing.assert_allclose(unseen.tables[1], [[1, 0], [0.5, 0.5]])


# Chow and Liu ----------------------------------------------------------------------------------------------------------------


def test_tree_is_the_best_of_all_trees(rng):
    """All 125 trees on five variables, from their Pruefer codes."""
    x = random_net(rng, [(), (0,), (0,), (2,), (1,)], [2, 3, 2, 2, 3]).sample(2, 300)
    sizes = tuple(x.max(axis=0) + 1)
    found = fit_bayes_net(x, chow_liu_tree(x), sizes).log_prob(x).sum()
    values = []
    for code in itertools.product(range(5), repeat=3):
        degree, edges = np.bincount(code, minlength=5) + 1, []
        for b in code:
            a = int(np.argmax(degree == 1))
            edges.append((a, b))
            degree[a], degree[b] = 0, degree[b] - 1
        edges.append(tuple(np.flatnonzero(degree == 1)))
        parents, reached = [()] * 5, [0]
        while len(reached) < 5:
            for a, b in (*edges, *((b, a) for a, b in edges)):
                if a in reached and b not in reached:
                    parents[b] = (int(a),)
                    reached.append(b)
        values.append(fit_bayes_net(x, parents, sizes).log_prob(x).sum())
    assert len(values) == 125
    np.testing.assert_allclose(found, max(values), rtol=1e-12)
    parents = chow_liu_tree(x)
    table = lambda i, j: np.histogram2d(x[:, i], x[:, j], bins=(range(sizes[i] + 1), range(sizes[j] + 1)))[0] / 300
    information = sum(mutual_information(table(i, p[0])) for i, p in enumerate(parents) if p)
    entropies = sum(entropy(np.bincount(column) / 300) for column in x.T)
    np.testing.assert_allclose(found, 300 * (information - entropies), rtol=1e-10)                       # as the docstring says


def test_tree_finds_the_chain_that_drew_the_data(rng):
    chain = MarkovChain(np.array([0.5, 0.5]), np.array([[0.8, 0.2], [0.3, 0.7]]))
    order = rng.permutation(8)
    x = chain.sample(3, 4000, 8)[:, np.argsort(order)]
    edges = {frozenset((i, p[0])) for i, p in enumerate(chow_liu_tree(x)) if p}
    assert edges == {frozenset((int(order[k]), int(order[k + 1]))) for k in range(7)}


def test_digits_under_independence_and_under_a_tree():
    """The figures of the issue: -24.9 and -20.7, within 0.1, on the test images of the ordered split."""
    train, _, test = (part.x >= 0.5 for part in digits(split="ordered"))
    train, test = train.astype(int), test.astype(int)
    independent = fit_bayes_net(train, [()] * 64, [2] * 64, smoothing=1)
    tree = fit_bayes_net(train, chow_liu_tree(train, [2] * 64, smoothing=1), [2] * 64, smoothing=1)
    np.testing.assert_allclose(independent.log_prob(test).mean(), -24.9, atol=0.1)
    np.testing.assert_allclose(tree.log_prob(test).mean(), -20.7, atol=0.1)


@pytest.mark.slow
def test_nltcs_under_independence_and_under_a_tree():
    """The figures of the literature, -9.23 and -6.76, within 0.02. The data is fetched; where it can't be, this says so."""
    try:
        train, _, test = nltcs(progress=False)
    except OSError as error:
        pytest.skip(f"did not run, for NLTCS could not be fetched: {str(error).splitlines()[0]}")
    tree = chow_liu_tree(train, [2] * 16, smoothing=1)
    for parents, expected in (([()] * 16, -9.23), (tree, -6.76)):
        net = fit_bayes_net(train, parents, [2] * 16, smoothing=1)
        np.testing.assert_allclose(net.log_prob(test).mean(), expected, atol=0.02)


# Markov chains -----------------------------------------------------------------------------------------------------------------


def test_chain_is_fitted_by_counts(rng):
    chain = MarkovChain(rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), size=3))
    x = chain.sample(4, 500, 40)
    fitted = fit_markov_chain(x, 3)
    counts = np.zeros((3, 3))
    for row in x:
        for a, b in itertools.pairwise(row):
            counts[a, b] += 1
    np.testing.assert_allclose(fitted.transition, counts / counts.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(fitted.transition, chain.transition, atol=0.03)
    assert fitted.log_prob(x).mean() > chain.log_prob(x).mean()
    # conditional independence: given the middle one, the neighbors on both sides tell nothing of each other
    triples = np.zeros((3, 3, 3))
    np.add.at(triples, (x[:, :-2], x[:, 1:-1], x[:, 2:]), 1)
    statistic = sum(2 * triples[:, m].sum() * mutual_information(triples[:, m] / triples[:, m].sum()) for m in range(3))
    assert stats.chi2(3 * 4).sf(statistic) > 1e-3                             # a G test; false alarm 0.1 %


def test_stationary_distribution_stays_and_is_where_samples_go(rng):
    chain = MarkovChain(np.array([1.0, 0, 0]), rng.dirichlet(np.ones(3), size=3))
    pi = chain.stationary()
    np.testing.assert_allclose(pi @ chain.transition, pi, atol=1e-12)
    np.testing.assert_allclose(np.linalg.matrix_power(chain.transition, 200)[0], pi, atol=1e-10)
    ends = np.bincount(chain.sample(5, 20_000, 40)[:, -1], minlength=3)
    assert stats.chisquare(ends, 20_000 * pi).pvalue > 1e-3
    flipping = MarkovChain(np.array([1.0, 0.0]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(flipping.stationary(), 0.5)                    # though it never settles
    with pytest.raises(ValueError, match="never leaves"):
        MarkovChain(np.array([0.5, 0.5]), np.eye(2)).stationary()


# The taxonomy: one suite for all families -----------------------------------------------------------------------------------


FAMILIES = {
    "autoregressive": lambda rng: random_net(rng, chain_rule(4), [2] * 4),
    "tree": lambda rng: random_net(rng, [(), (0,), (0,), (2,)], [2] * 4),
    "latent": lambda rng: LatentClasses(rng.dirichlet(np.ones(3)), rng.uniform(0.05, 0.95, (3, 4))),
    "energy": lambda rng: EnergyModel(rng.normal(size=4), (lambda J: np.triu(J, 1) + np.triu(J, 1).T)(rng.normal(size=(4, 4)))),
}


@pytest.mark.equation("V-71", "V-73")
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_density_and_samples_that_agree(rng, family):
    model = FAMILIES[family](rng)
    states = np.array(list(itertools.product((0, 1), repeat=4)))
    p = np.exp(model.log_prob(states))
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-10)
    x = model.sample(6, 40_000)
    assert x.shape == (40_000, 4)
    assert stats.chisquare(np.bincount(x @ [8, 4, 2, 1], minlength=16), 40_000 * p).pvalue > 1e-4
    np.testing.assert_array_equal(model.sample(6, 10), model.sample(6, 10))


@pytest.mark.equation("V-73")
def test_energy_is_the_density_up_to_a_constant(rng):
    model = FAMILIES["energy"](rng)
    states = model.states()
    pairs = [(i, j) for i in range(4) for j in range(i)]
    by_hand = [-sum(model.b * x) - sum(model.J[i, j] * x[i] * x[j] for i, j in pairs) for x in states]
    np.testing.assert_allclose(model.energy(states), by_hand, rtol=1e-12)
    z = np.sum(np.exp(-np.array(by_hand)))
    np.testing.assert_allclose(np.exp(model.log_prob(states)), np.exp(-np.array(by_hand)) / z, rtol=1e-12)


def test_latent_classes_by_hand(rng):
    model = FAMILIES["latent"](rng)
    x = np.array([[1, 0, 1, 1]])
    by_hand = sum(w * p[0] * (1 - p[1]) * p[2] * p[3] for w, p in zip(model.weights, model.p))
    np.testing.assert_allclose(np.exp(model.log_prob(x)), [by_hand], rtol=1e-12)


@pytest.mark.parametrize("call, message", [
    (lambda: BayesNet(((1,), (0,)), (np.full((2, 2), 0.5),) * 2), "circle"),
    (lambda: BayesNet(((), (0,)), (np.array([0.5, 0.5]), np.array([0.5, 0.5]))), r"variable 1 must be .*\(2,\) and one more"),
    (lambda: BayesNet(((),), (np.array([0.5, 0.6]),)), "sum to 1"),
    (lambda: BayesNet(((), ()), (np.array([0.5, 0.5]),)), "2 variables have parents, and 1"),
    (lambda: random_net(np.random.default_rng(0), DIAMOND, SIZES).infer([9]), "no variable 9"),
    (lambda: random_net(np.random.default_rng(0), DIAMOND, SIZES).infer([1], {1: 0}), "where it is known"),
    (lambda: BayesNet(((),), (np.array([1.0, 0.0]),)).infer([], {0: 1}), "probability 0"),
    (lambda: random_net(np.random.default_rng(0), DIAMOND, SIZES).log_prob(np.zeros((2, 3), int)), r"\(N, 6\)"),
    (lambda: random_net(np.random.default_rng(0), DIAMOND, SIZES).log_prob(np.full((1, 6), 7)), "7 to 7"),
    (lambda: fit_bayes_net(np.zeros((2, 1), int), [()], smoothing=-1), "negative"),
    (lambda: MarkovChain(np.ones(2) / 2, np.ones((3, 3)) / 3), r"\(2,\) and \(3, 3\)"),
    (lambda: MarkovChain(np.ones(2) / 2, np.ones((2, 2))), "transition must hold"),
    (lambda: EnergyModel(np.zeros(30), np.zeros((30, 30))).states(), "above 20"),
])
def test_bad_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
