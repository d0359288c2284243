"""Generators against what is known of them: scikit-learn's function, enumeration, moments, entropy."""
import itertools

import numpy as np
import pytest
from sklearn.datasets import make_friedman1

from edugen.data import MarkovSource, bars_and_stripes, carroll, eight_gaussians, every_bar_and_stripe, friedman1, sinusoids

# Eight Gaussians --------------------------------------------------------------------------------------------------------


def test_eight_gaussians_are_a_mixture():
    """8,000 points: each share within 5 sigma of 1/8 (0.0185); each cloud's mean within 5 sigma, its spread round."""
    x, y = eight_gaussians(0, 8000, radius=3.0, noise=0.1)
    assert x.shape == (8000, 2) and x.dtype == np.float64 and y.dtype == np.int64
    np.testing.assert_allclose(np.bincount(y) / 8000, 1 / 8, atol=0.0185)
    for k in range(8):
        center = 3.0 * np.array([np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)])
        np.testing.assert_allclose(x[y == k].mean(axis=0), center, atol=0.1 * 5 / np.sqrt(800))
        np.testing.assert_allclose(np.cov(x[y == k].T), 0.01 * np.eye(2), atol=0.003)
    assert set(eight_gaussians(0, 100, components=3).y) == {0, 1, 2}
    np.testing.assert_array_equal(eight_gaussians(4, 9).x, eight_gaussians(np.random.default_rng(4), 9).x)


# Bars and stripes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_every_bar_and_stripe_by_enumeration(size):
    """All images of the size, kept where their rows or their columns are constant; their probability by the two coins."""
    images, p = [], []
    for pixels in itertools.product([0.0, 1.0], repeat=size * size):
        image = np.array(pixels).reshape(size, size)
        bars, stripes = np.all(image == image[0]), np.all(image == image[:, :1])
        if bars or stripes:
            images.append(image.ravel())
            p.append((0.5 * bars + 0.5 * stripes) * 0.5 ** size)
    found, probability = every_bar_and_stripe(size)
    np.testing.assert_array_equal(found, images)
    np.testing.assert_allclose(probability, p)
    assert abs(probability.sum() - 1) < 1e-15 and len(found) == (2 ** (size + 1) - 2)


def test_samples_have_these_probabilities():
    """Chi-square over the 14 images of 3 x 3 from 14,000 draws: 13 degrees, false alarm 1e-6 at 52."""
    x, y = bars_and_stripes(0, 14_000, size=3)
    images, p = every_bar_and_stripe(3)
    counts = np.array([np.sum(np.all(x == image, axis=1)) for image in images])
    assert counts.sum() == 14_000 and np.sum((counts - 14_000 * p) ** 2 / (14_000 * p)) < 52
    pictures = x.reshape(-1, 3, 3)
    assert np.all(pictures[y == 0] == pictures[y == 0][:, :1]), "a bar is a column that is on"
    assert np.all(pictures[y == 1] == pictures[y == 1][:, :, :1]), "a stripe is a row that is on"


# Regression -------------------------------------------------------------------------------------------------------------


def test_friedman_is_scikit_learns():
    x, y = friedman1(0, 500, noise=0.0)
    _, residual = make_friedman1(500, n_features=10, noise=0.0, random_state=0)
    reference = np.random.RandomState(0).rand(500, 10)                      # what scikit-learn drew: the formula at its inputs
    assert np.allclose(10 * np.sin(np.pi * reference[:, 0] * reference[:, 1]) + 20 * (reference[:, 2] - 0.5) ** 2
                       + 10 * reference[:, 3] + 5 * reference[:, 4], residual)
    expected = [10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e for a, b, c, d, e, *_ in x]
    np.testing.assert_allclose(y, expected)
    assert x.min() >= 0 and x.max() <= 1 and friedman1(0, 3, features=5).x.shape == (3, 5)


def test_noise_is_gaussian_of_the_stated_spread():
    residual = (friedman1(1, 4000, noise=0.5).y - friedman1(1, 4000, noise=0.0).y) / 0.5
    assert abs(residual.mean()) < 0.08 and abs(residual.std() - 1) < 0.056           # 5 sigma
    wave = sinusoids(1, 4000, noise=0.5)
    residual = (wave.y - wave.amplitude[:, None] * np.sin(wave.x - wave.phase[:, None])) / 0.5
    assert abs(residual.mean()) < 0.08 and abs(residual.std() - 1) < 0.056


def test_sinusoids_are_drawn_task_by_task():
    x, y, a, phase = sinusoids(0, 7, tasks=500)
    assert x.shape == y.shape == (500, 7) and a.shape == phase.shape == (500,)
    assert 0.1 <= a.min() < 0.2 and 4.9 < a.max() <= 5 and 0 <= phase.min() < 0.05 and 3.1 < phase.max() <= np.pi
    assert -5 <= x.min() < -4.9 and 4.9 < x.max() <= 5
    np.testing.assert_allclose(y, a[:, None] * np.sin(x - phase[:, None]))
    fixed = sinusoids(0, 5, tasks=2, amplitude=(2, 2), phase=(0, 0))
    np.testing.assert_allclose(fixed.y, 2 * np.sin(fixed.x))


@pytest.mark.parametrize("call, message", [
    (lambda: friedman1(0, 3, features=4), "features must be a whole number, at least 5, got 4"),
    (lambda: friedman1(0, 0), "n must be a whole number, at least 1, got 0"),
    (lambda: friedman1(0, 3, noise=-1.0), "noise must be a standard deviation"),
    (lambda: sinusoids(0, 3, tasks=0), "tasks must be a whole number, at least 1, got 0"),
    (lambda: sinusoids(0, 3, amplitude=(2.0, 1.0)), r"amplitude must be two numbers, the lower one first, got \(2.0, 1.0\)"),
    (lambda: sinusoids(0, 3, amplitude=2.0), "amplitude must be two numbers, the lower one first, got 2.0"),
    (lambda: sinusoids(0, 3, phase=(1, 2, 3)), "phase must be two numbers"),
    (lambda: eight_gaussians(0, 3, radius=np.nan), "radius must be a finite number, got nan"),
    (lambda: eight_gaussians(0, 3, radius=None), "radius must be a finite number, got None"),
    (lambda: bars_and_stripes(0, 3, size=0), "size must be a whole number, at least 1, got 0"),
    (lambda: every_bar_and_stripe(21), "size must be a whole number, at least 1 and at most 20, got 21"),
    (lambda: eight_gaussians(0, 2.5), "n must be a whole number, at least 1, got 2.5"),
    (lambda: MarkovSource("aa", np.eye(2)), "alphabet must be characters, each once, got 'aa'"),
    (lambda: MarkovSource("ab", np.ones((2, 3)) / 3), r"table must have 2 entries along each axis, .* got shape \(2, 3\)"),
    (lambda: MarkovSource("ab", np.ones((2, 2))), "probabilities that sum to one"),
    (lambda: MarkovSource("ab", np.eye(2)), "parts that never meet"),
    (lambda: MarkovSource.draw(0, "abcdefgh", order=5), "8 characters and order 5 make 32,768 groups, and 4,096 are the most"),
    (lambda: MarkovSource.draw(0, "abcdefghijklmnopqrstuvwxyz", order=8), "make 208,827,064,576 groups"),     # asked in time
    (lambda: MarkovSource.fit(carroll(), order=5), "54 characters and order 5 make 459,165,024 groups"),
    (lambda: MarkovSource.draw(0, ""), "alphabet must have at least one character"),
    (lambda: MarkovSource.draw(0, order=-1), "order must be a whole number, at least 0 and at most 8, got -1"),
    (lambda: MarkovSource.draw(0, concentration=0), "concentration must be positive, got 0"),
    (lambda: MarkovSource.fit("a", order=1), "text must be longer than order=1"),
    (lambda: MarkovSource.draw(0).log_prob("a"), "at least order=2 characters, got 1"),
])
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Text -------------------------------------------------------------------------------------------------------------------

SOURCES = pytest.mark.parametrize("source", [
    MarkovSource.draw(1, "abc", order=0), MarkovSource.draw(2, "abcd", order=1), MarkovSource.draw(3, "abc", order=2),
    MarkovSource("ab", np.array([[0.0, 1.0], [0.5, 0.5]])), MarkovSource("abc", np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0.0]]))],
    ids=["0", "1", "2", "zero", "periodic"])


def texts(source, n):
    return ["".join(text) for text in itertools.product(source.alphabet, repeat=n)]


@SOURCES
@pytest.mark.parametrize("n", [2, 3, 4])
def test_probabilities_of_all_texts_sum_to_one(source, n):
    assert abs(sum(np.exp(source.log_prob(text)) for text in texts(source, n)) - 1) < 1e-12


@SOURCES
def test_it_is_stationary(source):
    """The distribution of characters 2 to 4 is that of 1 to 3, by enumeration of all texts of four."""
    early, late = dict.fromkeys(texts(source, 3), 0.0), dict.fromkeys(texts(source, 3), 0.0)
    for text in texts(source, 4):
        p = np.exp(source.log_prob(text))
        early[text[:3]] += p
        late[text[1:]] += p
    np.testing.assert_allclose(list(early.values()), list(late.values()), atol=1e-12)


@SOURCES
def test_entropy_rate_is_the_difference_of_block_entropies(source):
    entropy = []
    for n in (source.order + 1, source.order + 2):
        p = np.exp([source.log_prob(text) for text in texts(source, n)])
        entropy.append(-np.sum(p[p > 0] * np.log(p[p > 0])))
    assert abs(entropy[1] - entropy[0] - source.entropy_rate()) < 1e-12


@SOURCES
def test_samples_follow_it(source):
    """The log-probability of 20,000 characters is about minus the entropy rate a character; and counting finds the table."""
    text = source.sample(0, 20_000)
    assert len(text) == 20_000 and set(text) <= set(source.alphabet)
    assert abs(source.log_prob(text) / 20_000 + source.entropy_rate()) < 0.03
    found = MarkovSource.fit(text, source.order, smoothing=1e-9)
    weight = source.stationary()[..., None]
    assert np.sum(weight * np.abs(found.table - source.table)) < 0.05
    assert text == source.sample(np.random.default_rng(0), 20_000) and source.sample(0, 0) == ""
    assert source.log_prob("?" * 5) == -np.inf


def test_fit_counts():
    source = MarkovSource.fit("abab" + "b", order=1, smoothing=1.0)         # ab twice, ba once, bb once
    np.testing.assert_allclose(source.table, [[1 / 4, 3 / 4], [1 / 2, 1 / 2]])
    assert source.alphabet == "ab" and source.order == 1


def test_the_poems_are_whole():
    text = carroll()
    assert text.count("\n\n") == 24 and text.isascii()                      # 7 stanzas, and 18
    stanzas = [stanza.split("\n") for stanza in text.strip().split("\n\n")]
    assert [len(stanza) for stanza in stanzas] == [4] * 7 + [6] * 18
    assert stanzas[0] == stanzas[6] and "vorpal blade" in text and text.endswith("They'd eaten every one.\n")
    rates = [MarkovSource.fit(text, order).entropy_rate() for order in (0, 1)]
    counts = np.unique(list(text), return_counts=True)[1] / len(text)
    assert abs(rates[0] + np.sum(counts * np.log(counts))) < 1e-3 and 0.7 < rates[0] - rates[1] < 1.2
