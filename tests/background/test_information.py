"""Entropy, divergence, information: SciPy, scikit-learn, quadrature and simulation; codes against the bits they take."""
import itertools

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn import metrics

from edugen import check_gradients, grad
from edugen.background import (
    ContextModel,
    arithmetic_decode,
    arithmetic_encode,
    block_probabilities,
    conditional_entropy,
    entropy,
    estimate_mutual_information,
    expected_length,
    fit_context_model,
    gaussian_mutual_information,
    huffman,
    kl_divergence,
    mutual_information,
    shannon_lengths,
)
from edugen.data import digits

BIT = np.log(2)


@pytest.fixture
def joint(rng):
    """p(x, y) over 4 x 5, one entry and one row of zeros."""
    p = rng.dirichlet(np.ones(20)).reshape(4, 5)
    p[2], p[0, 3] = 0, 0
    return p / p.sum()


# Entropy ----------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("V-22", "V-24")
def test_entropy_is_the_expected_surprise(rng):
    p = rng.dirichlet(np.ones(7), size=20)
    np.testing.assert_allclose(entropy(p), stats.entropy(p, axis=1), rtol=1e-12)
    x = rng.choice(7, size=200_000, p=p[0])
    surprise = -np.log(p[0])[x]
    assert abs(surprise.mean() - entropy(p[0])) < 4 * surprise.std() / len(x) ** 0.5          # false alarm 6e-5
    check_gradients(entropy, rng.uniform(0.1, 1, (3, 4)), order=2)


@pytest.mark.equation("V-22", "V-23")
@pytest.mark.parametrize("law", [stats.norm(1, 2), stats.laplace(0, 0.5), stats.expon(scale=3)])
def test_entropy_of_a_density_is_an_integral(law):
    low, high = law.ppf([1e-12, 1 - 1e-12])
    integral, _ = integrate.quad(lambda x: -law.logpdf(x) * law.pdf(x), low, high, limit=200)            # (V-23)
    np.testing.assert_allclose(integral, law.entropy(), rtol=1e-7)
    x = law.rvs(200_000, random_state=0)                                                                 # (V-22)
    assert abs(-law.logpdf(x).mean() - integral) < 4 * law.logpdf(x).std() / len(x) ** 0.5


@pytest.mark.equation("V-25")
@pytest.mark.parametrize("k", [1, 2, 10, 1000])
def test_uniform_has_the_largest_entropy(rng, k):
    np.testing.assert_allclose(entropy(np.full(k, 1 / k)), np.log(k), rtol=1e-12, atol=1e-15)
    assert np.all(entropy(rng.dirichlet(np.ones(k), size=500)) <= np.log(k) + 1e-12)


@pytest.mark.equation("V-26")
def test_entropy_of_a_coin(rng):
    q = np.array([0.0, 1e-9, 0.2, 0.5, 0.9, 1.0])
    expected = [stats.bernoulli(t).entropy() for t in q]
    np.testing.assert_allclose(entropy(np.stack([q, 1 - q], axis=1)), expected, atol=1e-12)
    coin = lambda q: entropy(np.stack([q, 1 - q]))
    np.testing.assert_allclose(grad(coin)(0.2), np.log(0.8 / 0.2), rtol=1e-12)        # the slope is the log odds against heads
    np.testing.assert_allclose(grad(coin)(0.5), 0, atol=1e-15)


@pytest.mark.equation("V-27")
def test_conditional_entropy_averages_the_entropies_of_the_conditionals(joint):
    by_column = sum(joint[:, y].sum() * stats.entropy(joint[:, y]) for y in range(5))
    np.testing.assert_allclose(conditional_entropy(joint), by_column, rtol=1e-12)
    np.testing.assert_allclose(conditional_entropy(joint) + entropy(joint.sum(0)), entropy(joint.ravel()), rtol=1e-12)
    np.testing.assert_allclose(conditional_entropy(joint.T) + entropy(joint.sum(1)), entropy(joint.ravel()), rtol=1e-12)
    assert conditional_entropy(joint) < entropy(joint.sum(1))                 # knowing y helps, on average ...
    odd = np.array([[0.9, 0.05], [0.0, 0.05]])                                # ... and can hurt for one y
    assert stats.entropy(odd[:, 1]) > entropy(odd.sum(1)) > conditional_entropy(odd)


# Divergence and mutual information -----------------------------------------------------------------------------------------


@pytest.mark.equation("V-28", "G-2")
def test_kl_is_that_of_scipy_and_of_simulation(rng):
    p, q = rng.dirichlet(np.ones(6), size=(2, 15))
    np.testing.assert_allclose(kl_divergence(p, q), stats.entropy(p, q, axis=1), rtol=1e-10)
    p[:, 2] = 0                                                               # 0 log 0/q is 0, also for q = 0
    p /= p.sum(axis=1, keepdims=True)
    q[0, 2] = 0
    q /= q.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(kl_divergence(p, q), stats.entropy(p, q, axis=1), rtol=1e-10)
    assert kl_divergence(q, p)[1] == np.inf == kl_divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    x = rng.choice(6, size=200_000, p=p[3])
    ratio = np.log(p[3] / q[3], where=p[3] > 0, out=np.zeros(6))[x]
    assert abs(ratio.mean() - kl_divergence(p[3], q[3])) < 4 * ratio.std() / len(x) ** 0.5
    check_gradients(lambda z, w: kl_divergence(np.exp(z) / np.sum(np.exp(z)), np.exp(w) / np.sum(np.exp(w))),
                    rng.normal(size=4), rng.normal(size=4), order=2)


@pytest.mark.equation("V-29", "G-3", "G-4", "G-5")
def test_kl_is_never_negative_by_jensen_and_not_symmetric(rng):
    p, q = 0.98 * rng.dirichlet(np.ones(5), size=(2, 1000)) + 0.004
    d, back = kl_divergence(p, q), kl_divergence(q, p)
    assert np.all(d > 0) and np.all(back > 0)
    np.testing.assert_array_equal(kl_divergence(p, p), 0)
    near = p + 1e-4 * (q - p)                                                 # zero at equality only: it grows with the square
    np.testing.assert_allclose(kl_divergence(p, near), 0.5 * np.sum((near - p) ** 2 / p, axis=1), rtol=0.05)
    assert np.max(np.abs(d - back)) > 1                                                                  # (G-5)
    mean_of_log = np.sum(p * -np.log(q / p), axis=1)                                                     # (G-4), the left side
    log_of_mean = -np.log(np.sum(p * (q / p), axis=1))                                                   # and the right: log 1
    assert np.all(mean_of_log >= log_of_mean - 1e-15)
    np.testing.assert_allclose(log_of_mean, 0, atol=1e-12)
    np.testing.assert_allclose(mean_of_log, d, rtol=1e-9)
    p[:, 0] = 0                                                               # where p lacks a symbol, the sum is below 1:
    p /= p.sum(axis=1, keepdims=True)                                         # "= 0" becomes "> 0", and the proof holds
    assert np.all(-np.log(q[:, 1:].sum(axis=1)) > 0) and np.all(kl_divergence(p, q) > -np.log(q[:, 1:].sum(axis=1)))


@pytest.mark.equation("V-30", "V-31")
def test_mutual_information_is_that_of_scikit_learn(rng, joint):
    counts = rng.integers(1, 30, (4, 6))
    x, y = (np.repeat(np.indices((4, 6))[i].ravel(), counts.ravel()) for i in (0, 1))
    np.testing.assert_allclose(mutual_information(counts / counts.sum()), metrics.mutual_info_score(x, y), rtol=1e-10)
    np.testing.assert_allclose(estimate_mutual_information(x, y, correct=False), metrics.mutual_info_score(x, y), rtol=1e-10)
    apart = np.outer(rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(6)))
    np.testing.assert_allclose(mutual_information(apart), 0, atol=1e-15)                                 # (V-31)
    assert mutual_information(0.9 * apart + 0.1 * counts / counts.sum()) > 1e-6
    np.testing.assert_allclose(mutual_information(np.stack([joint, joint[::-1]])), mutual_information(joint), rtol=1e-12)
    check_gradients(lambda z: mutual_information(np.exp(z) / np.sum(np.exp(z))), rng.normal(size=(3, 4)), order=2)


@pytest.mark.equation("V-32")
def test_mutual_information_is_a_difference_of_entropies_either_way(joint):
    information = mutual_information(joint)
    np.testing.assert_allclose(information, entropy(joint.sum(1)) - conditional_entropy(joint), rtol=1e-12)
    np.testing.assert_allclose(information, entropy(joint.sum(0)) - conditional_entropy(joint.T), rtol=1e-12)
    np.testing.assert_allclose(information, entropy(joint.sum(0)) + entropy(joint.sum(1)) - entropy(joint.ravel()), rtol=1e-12)


def test_processing_never_adds_information(rng):
    for _ in range(200):
        p_xy = rng.dirichlet(0.3 * np.ones(20)).reshape(4, 5)
        channel = rng.dirichlet(0.3 * np.ones(6), size=5)                     # p(z | y): z is made of y alone
        p_xz = p_xy @ channel
        assert mutual_information(p_xz) <= mutual_information(p_xy) + 1e-12
    renamed = np.eye(5)[rng.permutation(5)]                                   # what can be undone loses nothing
    np.testing.assert_allclose(mutual_information(p_xy @ renamed), mutual_information(p_xy), rtol=1e-12)


def test_mutual_information_of_a_gaussian(rng):
    A = rng.normal(size=(5, 5))
    covariance = A @ A.T + np.eye(5)
    h = lambda c: stats.multivariate_normal(cov=c).entropy()
    expected = h(covariance[:2, :2]) + h(covariance[2:, 2:]) - h(covariance)
    np.testing.assert_allclose(gaussian_mutual_information(covariance, 2), expected, rtol=1e-10)
    B, C = rng.normal(size=(2, 2)), rng.normal(size=(3, 3))                   # the same knowledge in other coordinates
    mix = np.block([[B, np.zeros((2, 3))], [np.zeros((3, 2)), C]])
    np.testing.assert_allclose(gaussian_mutual_information(mix @ covariance @ mix.T, 2), expected, rtol=1e-9)
    x, y = np.meshgrid(np.linspace(-7, 7, 281), np.linspace(-7, 7, 281))
    log_density = stats.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]]).logpdf(np.stack([x, y], axis=-1))
    terms = np.exp(log_density) * (log_density - stats.norm.logpdf(x) - stats.norm.logpdf(y))
    integral = np.sum(terms) * 0.05 ** 2                                                                 # (V-30), of densities
    np.testing.assert_allclose(gaussian_mutual_information(np.array([[1, 0.7], [0.7, 1]]), 1), integral, rtol=1e-6)
    check_gradients(lambda c: gaussian_mutual_information(c @ c.T + np.eye(4), 2), rng.normal(size=(4, 4)), order=2)


def test_correction_takes_out_what_luck_puts_in(rng):
    """2,000 samples of independent variables over 10 x 10: the plain estimate is too large by (K - 1)^2 / 2N on average."""
    pairs = rng.integers(0, 10, (300, 2, 2000))
    plain = np.array([estimate_mutual_information(x, y, correct=False) for x, y in pairs])
    corrected = np.array([estimate_mutual_information(x, y) for x, y in pairs])
    np.testing.assert_allclose(plain.mean(), 81 / 4000, rtol=0.1)
    assert abs(corrected.mean()) < 4 * corrected.std() / 300 ** 0.5 + 3e-4    # to first order: the next term is some 1e-4


# Codes ------------------------------------------------------------------------------------------------------------------


def kraft(lengths):
    return sum(2.0 ** -length for length in lengths)


def prefix_free(words):
    return not any(a != b and b.startswith(a) for a, b in itertools.permutations(words, 2)) and len(set(words)) == len(words)


@pytest.mark.parametrize("k", [2, 3, 5, 17])
def test_lengths_of_shannon_and_huffman_are_within_a_bit_of_the_entropy(rng, k):
    for p in rng.dirichlet(0.7 * np.ones(k), size=50):
        p = np.maximum(p, 1e-6) / np.maximum(p, 1e-6).sum()
        h, words = entropy(p) / BIT, huffman(p)
        assert prefix_free(words) and np.isclose(kraft(map(len, words)), 1) and kraft(shannon_lengths(p)) <= 1 + 1e-12
        assert h - 1e-9 <= expected_length(p, words) <= expected_length(p, shannon_lengths(p)) + 1e-9 < h + 1


def test_no_prefix_code_is_shorter_than_huffmans(rng):
    """All full binary trees on up to five leaves, as lengths that use up Kraft's sum."""
    for k in (2, 3, 4, 5):
        trees = [lengths for lengths in itertools.product(range(1, k), repeat=k) if kraft(lengths) == 1]
        for p in rng.dirichlet(np.ones(k), size=20):
            np.testing.assert_allclose(expected_length(p, huffman(p)), min(np.dot(p, lengths) for lengths in trees), rtol=1e-12)


@pytest.mark.equation("G-35")
def test_blocks_of_a_biased_coin_near_its_entropy(rng):
    """A fair coin takes a bit a toss; of a biased one, common blocks get short words, and the rest comes within 1/n of H."""
    assert expected_length([0.5, 0.5], huffman([0.5, 0.5])) == 1 == entropy(np.array([0.5, 0.5])) / BIT
    p = np.array([0.9, 0.1])                                                  # heads, tails
    h, rates = entropy(p) / BIT, []
    for n in (1, 2, 3, 4, 8):
        block = block_probabilities(p, n)
        np.testing.assert_allclose(block, [np.prod(p[list(t)]) for t in itertools.product((0, 1), repeat=n)], rtol=1e-12)
        words = huffman(block)
        rates.append(expected_length(block, words) / n)
        assert h <= rates[-1] <= h + 1 / n
    assert rates[0] == 1 and rates[-1] < 1.02 * h
    words = huffman(block_probabilities(p, 4))
    assert len(words[0]) == 1 and len(words[-1]) == max(map(len, words)) >= 7                  # HHHH and TTTT
    tosses = (rng.random(40_000) < 0.1).astype(int).reshape(-1, 4)
    measured = sum(len(words[i]) for i in tosses @ [8, 4, 2, 1]) / tosses.size
    np.testing.assert_allclose(measured, rates[3], rtol=0.02)


def test_wrong_model_costs_its_divergence(rng):
    """G.2: measured bits less H, for an arithmetic coder that believes in q, are D(p || q) to within 1 %."""
    p, q = np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.3, 0.5])
    symbols = rng.permutation(np.repeat(np.arange(3), (2400, 1200, 400)))                      # frequencies exactly p
    rate = lambda model: 8 * len(arithmetic_encode(symbols, np.tile(model, (4000, 1)))) / 4000
    np.testing.assert_allclose(rate(p), entropy(p) / BIT, rtol=0.002)
    np.testing.assert_allclose(rate(q) - entropy(p) / BIT, kl_divergence(p, q) / BIT, rtol=0.01)
    np.testing.assert_allclose(rate(q) - rate(p), kl_divergence(p, q) / BIT, rtol=0.01)


@pytest.mark.parametrize("k", [1, 2, 5, 300])
def test_arithmetic_code_comes_back_and_is_as_long_as_the_surprise(rng, k):
    for n in (0, 1, 2, 40):
        p = rng.dirichlet(0.2 * np.ones(k), size=n).reshape(n, k)
        symbols = np.array([rng.choice(k, p=row) for row in p], dtype=int)
        code = arithmetic_encode(symbols, p)
        np.testing.assert_array_equal(arithmetic_decode(code, n, lambda past, p=p: p[len(past)]), symbols)
        ideal = -np.sum(np.log2(p[np.arange(n), symbols]))
        assert ideal - 1 - n * k / 2 ** 14 <= 8 * len(code) <= ideal + 2 + 7 + n * k / 2 ** 15                # up to whole bytes


def test_arithmetic_code_takes_what_the_model_thought_impossible():
    p = np.tile([1.0, 0.0], (5, 1))
    symbols = np.array([0, 1, 1, 0, 1])
    np.testing.assert_array_equal(arithmetic_decode(arithmetic_encode(symbols, p), 5, lambda past: p[0]), symbols)


def test_model_may_learn_while_it_codes(rng):
    """An adaptive coin, Laplace's rule: it knows nothing at first, and pays about (1/2) log2 n for having learned."""
    tosses = (rng.random(3000) < 0.05).astype(int)
    rule = lambda ones, n: np.array([n - ones + 1, ones + 1]) / (n + 2)
    ones = np.concatenate([[0], np.cumsum(tosses)[:-1]])
    code = arithmetic_encode(tosses, np.array([rule(o, i) for i, o in enumerate(ones)]))
    np.testing.assert_array_equal(arithmetic_decode(code, 3000, lambda past: rule(sum(past), len(past))), tosses)
    share = tosses.mean()
    ideal = 3000 * entropy(np.array([share, 1 - share])) / BIT
    assert ideal < 8 * len(code) < ideal + np.log2(3000) + 20


# The image coder ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pictures():
    return [np.rint(16 * part.x).astype(int).reshape(-1, 8, 8) for part in digits(split="ordered")]


@pytest.fixture(scope="module")
def model(pictures):
    return fit_context_model(pictures[0], levels=17)


@pytest.mark.equation("V-71")
def test_context_model_is_a_distribution(rng):
    """The product of conditionals over all 3^4 images of 2 x 2 sums to one, and each is what `conditional` says of the past."""
    model = fit_context_model(rng.integers(0, 3, (6, 2, 2)), levels=3, bins=3, strength=2.0)
    images = np.array(list(itertools.product(range(3), repeat=4))).reshape(-1, 2, 2)
    np.testing.assert_allclose(np.exp(model.log_prob(images)).sum(), 1, rtol=1e-12)
    p = model.probabilities(images)
    for image, row in zip(images[::7], p[::7]):
        for i in range(4):
            np.testing.assert_array_equal(model.conditional([1, 2, 0, 1, *image.ravel()[:i]]), row.reshape(4, 3)[i])
    np.testing.assert_allclose(model.log_prob(images), np.log(np.take_along_axis(p, images[..., None], -1)).sum((1, 2, 3)))


def test_context_model_counts(rng):
    images = rng.integers(0, 2, (4000, 1, 2))
    images[:, 0, 1] = np.where(rng.random(4000) < 0.9, images[:, 0, 0], 1 - images[:, 0, 0])
    table = fit_context_model(images, levels=2, bins=2, strength=0.01).table
    for left in (0, 1):
        share = images[images[:, 0, 0] == left, 0, 1].mean()
        np.testing.assert_allclose(table[0, 1, left, 0], [1 - share, share], atol=1e-3)


def test_digits_come_back_and_take_as_many_bits_as_the_model_says(pictures, model):
    """The figure of the issue: within 1 % of the model's own negative log-likelihood, decoded exactly."""
    images = pictures[2][:100]
    code = arithmetic_encode(images.ravel(), model.probabilities(images).reshape(-1, 17))
    np.testing.assert_array_equal(arithmetic_decode(code, images.size, model.conditional), images.ravel())
    ideal = -model.log_prob(images).sum() / BIT
    assert 0.999 < 8 * len(code) / ideal < 1.01


def test_model_of_the_neighbors_is_shorter_than_one_of_the_places(pictures, model):
    counts = np.stack([(pictures[0] == level).sum(axis=0) for level in range(17)], axis=-1) + 0.1
    places = counts / counts.sum(axis=-1, keepdims=True)
    row, column = np.indices((8, 8))
    independent = -np.log2(places[row, column, pictures[2]]).sum(axis=(1, 2)).mean()
    np.testing.assert_allclose(independent, 153.4, atol=0.1)
    np.testing.assert_allclose(-model.log_prob(pictures[2]).mean() / BIT, 137.0, atol=0.1)


# Refusals -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, message", [
    (lambda: entropy(np.array([1.2, -0.2])), "p must hold no negative"),
    (lambda: entropy(np.array([np.nan, 1])), "NaN"),
    (lambda: kl_divergence(np.ones(2) / 2, np.ones(3) / 3), r"\(2,\) and \(3,\)"),
    (lambda: gaussian_mutual_information(np.eye(3), 3), "n_x = 3"),
    (lambda: gaussian_mutual_information(np.ones((2, 2)), 1), "not positive definite"),
    (lambda: estimate_mutual_information(np.zeros(3), np.zeros(4)), "of one length"),
    (lambda: shannon_lengths([1.0, 0.0]), "positive"),
    (lambda: huffman([]), r"shape \(0,\)"),
    (lambda: expected_length([0.5, 0.5], ["0"]), "2 symbols, the code 1"),
    (lambda: arithmetic_encode([0, 2], np.full((2, 2), 0.5)), "0 to 1"),
    (lambda: arithmetic_encode([0, 1], np.full((3, 2), 0.5)), r"\(2,\) of symbols"),
    (lambda: arithmetic_encode([0], np.array([[0.5, 0.6]])), "sum to 1"),
    (lambda: fit_context_model(np.full((1, 2, 2), 3), levels=3), "0 to 2"),
    (lambda: ContextModel(np.ones((2, 2, 1, 1, 3)) / 3, np.zeros(3, int)).log_prob(np.zeros((1, 3, 3), int)), r"\(N, 2, 2\)"),
])
def test_bad_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
