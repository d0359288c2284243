"""Errata of the lectures: for each, the printed form fails, and the corrected one holds on the same example.

`test_4_36_printed` and `test_4_36_right` prove the erratum with the label "4.36" of edugen/course/errata.toml.
"""
import math

import numpy as np
import pytest

STEP = 1e-30                                   # complex step: f(x + ih) has f'(x) h as its imaginary part, exact to rounding


def bump(a):
    """A hill: its slope is negative on the right."""
    return np.exp(-a ** 2 / 2)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


# Ties of energies; the entropy of a distribution with a zero in it; the multipliers of (2.20).

def best_wrong(energies, y):
    return min(e for k, e in enumerate(energies) if k != y)


def test_2_14_printed():
    energies, y = np.zeros(2), 0                                             # all weights zero
    assert np.argmin(energies) == y                                          # the prediction is right
    assert not energies[y] < best_wrong(energies, y)


def test_2_14_right():
    energies, y = np.zeros(2), 0
    assert np.argmin(energies) == y
    assert energies[y] <= best_wrong(energies, y)
    assert max(0, energies[y] - best_wrong(energies, y)) == 0                # (2.13)
    for energies in np.random.default_rng(0).integers(0, 3, (200, 4)):       # many ties
        assert energies[np.argmin(energies)] <= best_wrong(energies, np.argmin(energies))


HALVES = np.array([0.0, 0.5, 0.5])


def term(p):
    return 0.0 if p in (0, 1) else -p * np.log(p)


def almost_halves(t):
    return np.array([t, (1 - t) / 2, (1 - t) / 2])


def test_2_16_printed():
    some, every = np.any(np.isin(HALVES, (0, 1))), np.all(np.isin(HALVES, (0, 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.sum(HALVES * np.log(HALVES))
    assert some and not every
    limit = [-np.sum(p * np.log(p)) for p in map(almost_halves, (1e-6, 1e-12))]
    np.testing.assert_allclose(limit, np.log(2), atol=1e-4)                  # where one is 0: the convention would make it 0
    assert np.isnan(entropy)                                                 # where all are 0 or 1: it says nothing here


def test_2_16_right():
    np.testing.assert_allclose(sum(term(p) for p in HALVES), np.log(2), rtol=1e-15)
    assert sum(term(p) for p in (0.0, 1.0, 0.0)) == 0.0
    assert abs(-1e-12 * np.log(1e-12)) < 1e-10                               # the limit of the term


def lagrangian(p, multipliers, slacks, gamma, energies):
    """(2.20)"""
    return -energies @ p - p @ np.log(p) + multipliers @ (p - slacks ** 2) + gamma * (np.sum(p) - 1)


def stationary(multipliers, energies):
    """(2.23), its gamma so that (2.19) holds; the slacks that (2.18) then has."""
    weights = np.exp(-energies + multipliers)
    p = weights / np.sum(weights)
    return p, np.sqrt(p), 1 - np.log(np.sum(weights))


def slopes(f, x):
    return np.array([np.imag(f(x + 1j * STEP * e)) / STEP for e in np.eye(len(x))])


def objective(p, energies):
    return -energies @ p - p @ np.log(p)                                     # (2.17)


EVEN, ANY = np.zeros(2), np.array([np.log(3.0), 0.0])


def test_2_23_printed():
    p, s, gamma = stationary(ANY, EVEN)
    np.testing.assert_allclose(p, [0.75, 0.25], rtol=1e-12)
    np.testing.assert_allclose(slopes(lambda p: lagrangian(p, ANY, s, gamma, EVEN), p), 0, atol=1e-12)          # (2.21)
    assert objective(p, EVEN) < objective(np.array([0.5, 0.5]), EVEN) - 0.1                                     # no maximum
    assert np.any(np.abs(slopes(lambda s: lagrangian(p, ANY, s, gamma, EVEN), s)) > 1)                          # not stationary


def test_2_23_right():
    p, s, gamma = stationary(np.zeros(2), EVEN)
    np.testing.assert_allclose(p, [0.5, 0.5], rtol=1e-12)
    np.testing.assert_allclose(slopes(lambda p: lagrangian(p, np.zeros(2), s, gamma, EVEN), p), 0, atol=1e-12)
    np.testing.assert_array_equal(slopes(lambda s: lagrangian(p, np.zeros(2), s, gamma, EVEN), s), 0)
    for multipliers in np.random.default_rng(0).normal(size=(20, 2)):        # none but zero
        slope = slopes(lambda s: lagrangian(p, multipliers, s, gamma, EVEN), s)                                 # noqa: B023
        np.testing.assert_allclose(slope, -2 * multipliers * s, rtol=1e-12)
        assert np.all(slope != 0)


ROWS = np.array([[2.0, 0.0], [0.0, 1.0]])                                    # w_y and w_yhat of a linear energy, no biases


def moved_against_the_gradient(x, w, eta):
    """Energies of y and yhat before and after x follows the opposite of (2.47)."""
    gradient = -w[0] + w[1]
    return -w @ x, -w @ (x - eta * gradient)


def test_2_47_printed():
    before, after = moved_against_the_gradient(np.array([0.1, 1.0]), ROWS, 0.1)
    assert before[1] < before[0]                                             # a mistake, so there is a gradient
    assert not after[0] > before[0] and not after[1] < before[1]


def test_2_47_right():
    before, after = moved_against_the_gradient(np.array([0.1, 1.0]), ROWS, 0.1)
    assert after[0] < before[0] and after[1] > before[1]
    rng = np.random.default_rng(0)
    for _ in range(100):                                                     # each for itself may move either way; their gap not
        w, x, eta = rng.normal(size=(2, 3)), rng.normal(size=3), rng.exponential()
        before, after = moved_against_the_gradient(x, w, eta)
        np.testing.assert_allclose((after[0] - after[1]) - (before[0] - before[1]), -eta * np.sum((w[0] - w[1]) ** 2),
                                   rtol=1e-9, atol=1e-12)


def test_2_52_printed():
    c, h_hat = 1.5, 2.0
    assert bump(c + 0.1) < bump(c)                                           # a negative slope
    assert not h_hat - bump(c + 0.1) < h_hat - bump(c)


def test_2_52_right():
    c, h_hat = 1.5, 2.0
    slope, change = np.imag(bump(c + 1j * STEP)) / STEP, np.imag(h_hat - bump(c + 1j * STEP)) / STEP
    assert slope < 0 < change == -slope
    assert h_hat - bump(c + 0.1) > h_hat - bump(c)
    gradient = (bump(c) - h_hat) * slope                                     # (2.52): the update flips all the same
    assert -gradient < 0
    assert (bump(c - 0.01 * gradient) - h_hat) ** 2 < (bump(c) - h_hat) ** 2


def loss_of_z(z, U, c, grad_h, sigma):
    """A loss linear in h = sigma(U'z + c), so that its gradient in h is `grad_h` everywhere."""
    return grad_h @ sigma(U.T @ z + c)


ONE = {"U": np.array([[1.0]]), "c": np.array([0.0]), "grad_h": np.array([1.0])}                   # at z = 0 the slope is 1/4
TWO = {"U": np.array([[1.0, -1.0]]), "c": np.array([4.0, 0.0]), "grad_h": np.array([2.0, 1.0])}   # slopes 0.018 and 0.25


def true_gradient(z, sigma, **layer):
    return np.array([np.imag(loss_of_z(z + 1j * STEP * e, **layer, sigma=sigma)) / STEP for e in np.eye(len(z))])


def test_2_64_printed():
    z = np.zeros(1)
    z_hat = z - ONE["U"] @ ONE["grad_h"]
    assert z_hat == -1.0
    assert not np.isclose(z_hat, z - true_gradient(z, sigmoid, **ONE))       # (2.63)


def test_2_64_right():
    z = np.zeros(1)
    slope = sigmoid(ONE["c"]) * (1 - sigmoid(ONE["c"]))
    z_hat = z - ONE["U"] @ (ONE["grad_h"] * slope)
    assert z_hat == -0.25
    np.testing.assert_allclose(z_hat, z - true_gradient(z, sigmoid, **ONE), rtol=1e-12)


def test_2_67_printed():
    z = np.zeros(1)
    grad_z = TWO["U"] @ TWO["grad_h"]
    assert not np.allclose(grad_z, true_gradient(z, sigmoid, **TWO))
    assert loss_of_z(z - 0.1 * grad_z, **TWO, sigma=sigmoid) > loss_of_z(z, **TWO, sigma=sigmoid)           # uphill
    np.testing.assert_allclose(grad_z, true_gradient(z, lambda a: a, **TWO), rtol=1e-12)                    # the identity alone


def test_2_67_right():
    z = np.zeros(1)
    slope = sigmoid(TWO["c"]) * (1 - sigmoid(TWO["c"]))
    grad_z = TWO["U"] @ (TWO["grad_h"] * slope)
    np.testing.assert_allclose(grad_z, true_gradient(z, sigmoid, **TWO), rtol=1e-12)
    assert loss_of_z(z - 0.1 * grad_z, **TWO, sigma=sigmoid) < loss_of_z(z, **TWO, sigma=sigmoid)


# The adaptive updates of Cho 2.3.3, on a bowl whose gradient at theta is theta itself.

START = np.array([1.0, -2.0])


def bowl(theta):
    return np.sum(theta ** 2) / 2


def heights(step, n=30):
    """The bowl before and after each of n steps; `step` maps the gradients so far to the change of theta."""
    theta, gradients, found = START, [], [bowl(START)]
    for _ in range(n):
        gradients.append(theta)
        theta = theta + step(np.array(gradients))
        found.append(bowl(theta))
    return np.array(found)


def climbs(step):
    return np.all(np.diff(heights(step)) > 0)


def descends(step):
    return np.all(np.diff(heights(step)) < 0)


def average(g, beta):
    """The recursions (2.92) and (2.94), from zero."""
    found = 0.0
    for row in g:
        found = beta * found + (1 - beta) * row
    return found


ETA = np.array([0.1, 0.3])


SEEN = np.array([0.0, 2.0, 1.0])                                             # rounds of losses (theta - z)^2


def terms(places, best):
    """What each round costs at its place, less what it costs at the best one."""
    return (places - SEEN) ** 2 - (best - SEEN) ** 2


def test_2_89_printed():
    means = np.array([0.0, 1.0, 1.0])                                        # where descent at rate 1/t has gone after each round
    assert np.min(terms(means, SEEN.mean())) < 0 and terms(means, SEEN.mean()).sum() < 0
    assert np.min(terms(np.full(3, 0.5), SEEN.mean())) < 0                   # nor has a fixed place one sign only


def test_2_89_right():
    grid = np.linspace(-1, 3, 401)                                           # of all fixed places none has a negative sum
    sums = np.array([terms(np.full(3, theta), SEEN.mean()).sum() for theta in grid])
    assert np.all(sums >= -1e-12) and grid[sums.argmin()] == SEEN.mean()
    before = np.array([0.0, 0.0, 1.0])                                       # paid where it stood, the learner has lost something
    assert terms(before, SEEN.mean()).sum() > 0


def test_2_90_printed():
    assert climbs(lambda g: ETA * g[-1])
    assert not np.allclose(START + 0.1 * START, START - 0.1 * START)                    # one rate for all is not (2.73)


def test_2_90_right():
    assert descends(lambda g: -ETA * g[-1])
    np.testing.assert_array_equal(START - np.full(2, 0.1) * START, START - 0.1 * START)     # (2.73)


def test_2_91_printed():
    assert climbs(lambda g: g[-1] / np.sqrt(np.sum(g ** 2, axis=0)))
    with np.errstate(invalid="ignore"):
        assert np.isnan(0.0 / np.sqrt(np.sum(np.zeros(1) ** 2)))                        # no gradient so far


def test_2_91_right():
    assert descends(lambda g: -g[-1] / (np.sqrt(np.sum(g ** 2, axis=0)) + 1e-10))
    assert 0.0 / (np.sqrt(np.sum(np.zeros(1) ** 2)) + 1e-10) == 0.0


def test_2_93_printed():
    assert climbs(lambda g: g[-1] / np.sqrt(average(g ** 2, 0.9) + 1e-8))
    signed = heights(lambda g: -g[-1] / np.sqrt(average(g ** 2, 0.9) + 1e-8), n=300)    # the minus alone
    assert signed[1] > signed[0] and np.min(signed[100:]) > 0.01                        # too long at first, never there


def test_2_93_right():
    assert descends(lambda g: -0.01 * g[-1] / np.sqrt(average(g ** 2, 0.9) + 1e-8))


def test_2_95_printed():
    assert climbs(lambda g: 0.01 * average(g, 0.9) / np.sqrt(average(g ** 2, 0.999) + 1e-8))


def test_2_95_right():
    assert descends(lambda g: -0.01 * average(g, 0.9) / np.sqrt(average(g ** 2, 0.999) + 1e-8))


# Bounds of the risk, against fair coins: N losses, of each of some models, are 0 or 1 with probability 1/2.

def coins_apart(n, epsilon):
    """The probability that the share of heads among n is epsilon or more away from 1/2."""
    return sum(math.comb(n, k) for k in range(n + 1) if abs(k / n - 0.5) >= epsilon) / 2 ** n


def test_2_99_printed():
    bound = 2 * np.exp(-2 * 20 * 0.3 ** 2)
    assert coins_apart(20, 0.3) < bound                                      # for one model, whichever
    assert 1 - (1 - coins_apart(20, 0.3)) ** 100 > bound                     # for 100 of them together


def test_2_99_right():
    for models in (1, 10, 100, 10_000):
        assert 1 - (1 - coins_apart(20, 0.3)) ** models <= 2 * models * np.exp(-2 * 20 * 0.3 ** 2)


def test_2_109_printed():
    for models, n, delta in ((1, 1, 0.31), (3, 4, 0.21), (1, 4, 0.07)):
        epsilon = np.sqrt((np.log(models) - np.log(2 * delta)) / (2 * n))
        np.testing.assert_allclose(2 * np.exp(np.log(models) - 2 * n * epsilon ** 2), 4 * delta)        # no solution of (2.108)
        assert 1 - (1 - coins_apart(n, epsilon)) ** models > delta           # and not true of coins


def test_2_109_right():
    for models, n, delta in ((1, 1, 0.31), (3, 4, 0.21), (1, 4, 0.07)):
        epsilon = np.sqrt((np.log(models) + np.log(2 / delta)) / (2 * n))
        np.testing.assert_allclose(2 * np.exp(np.log(models) - 2 * n * epsilon ** 2), delta)
        assert 1 - (1 - coins_apart(n, epsilon)) ** models <= delta
    need = [(np.log(models) + np.log(2 / 0.05)) / (2 * 0.1 ** 2) for models in (10, 100, 1000)]
    np.testing.assert_allclose(need[2] - need[1], need[1] - need[0])         # ten times the models: always as many more examples


# Energies of category 0 that read one of two features, on examples of two categories; category 1 has energy -1/2.

def two_readings(x):
    return -x[:, 0], -x[:, 1] / 2                                            # (2.132) and (2.133): w = 1, alpha = 2


def test_2_133_printed():
    x, y = np.array([[1.0, 2.0], [3.0, 6.0], [0.0, 5.0]]), np.array([0, 0, 1])
    np.testing.assert_array_equal(x[y == 0, 1], 2 * x[y == 0, 0])            # collinear where y = 0
    e, other = two_readings(x)
    np.testing.assert_array_equal(e[y == 0], other[y == 0])
    assert e[2] != other[2] and (e[2] < -0.5) != (other[2] < -0.5)           # and one classifier errs where the other doesn't


def test_2_133_right():
    x = np.array([[1.0, 2.0], [3.0, 6.0], [0.25, 0.5]])                      # collinear everywhere
    e, other = two_readings(x)
    np.testing.assert_array_equal(e, other)


# The bootstrap of an error rate: labels that no input tells anything about, and a learner that remembers.

def remembered(train, test, x, y):
    """Error of the label of the nearest training example."""
    return np.mean(y[train][np.abs(x[test][:, None] - x[train]).argmin(axis=1)] != y[test])


def meaningless(seed, n=60):
    rng = np.random.default_rng(seed)
    return rng, rng.random(n), rng.integers(2, size=n)


def test_2_138_printed():
    losses = []
    for seed in range(200):
        rng, x, y = meaningless(seed)
        resampled = rng.integers(60, size=60)
        losses.append(remembered(resampled[:40], resampled[40:], x, y))
        assert np.intersect1d(resampled[:40], resampled[40:]).size           # copies on both sides
    assert np.mean(losses) < 0.3                                             # where 0.5 is all that can be reached


def test_2_138_right():
    losses = []
    for seed in range(200):
        rng, x, y = meaningless(seed)
        train = rng.integers(60, size=60)
        losses.append(remembered(train, np.setdiff1d(np.arange(60), train), x, y))
    assert abs(np.mean(losses) - 0.5) < 0.02


# What the divergence and the mutual information measure.

def divergence(p, q):
    return np.sum(p * np.log(p / q))


COINS, FACES = np.full((2, 2), 0.25), np.array([0.0, 1.0])               # two fair coins, tossed apart


# The Hessian of a linear unit's squared energy, and how stretched a bowl is.

def moments():
    """Three examples x (N, D) of two features, the average of their squares and their own, as a column."""
    x = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 4.0]])
    return x, sum(np.outer(row, row) for row in x) / 3, sum(row[:, None] for row in x) / 3


def test_3_7_printed():
    _, square, column = moments()
    with pytest.raises(ValueError, match="dimensions"):
        np.block([[square, column], [column, np.ones((1, 1))]])


def test_3_7_right():
    x, square, column = moments()
    H = np.block([[square, column], [column.T, np.ones((1, 1))]])
    slope = lambda u, c: np.append((x @ u + c) @ x, np.sum(x @ u + c)) / 3                         # (3.5), (3.6) with y = 0
    np.testing.assert_allclose([slope(e[:2], e[2]) for e in np.eye(3)], H, rtol=1e-12)             # they are linear in (u, c)
    np.testing.assert_array_equal(H, H.T)


def test_3_8_printed():
    kappa = lambda values: abs(max(values)) / abs(min(values))
    assert kappa([1, -4]) == 0.25 < 1                                        # a saddle, four times as steep in one direction
    assert kappa([1, 0, -1]) == 1                                            # and one that is flat in a direction


def test_3_8_right():
    kappa = lambda values: max(map(abs, values)) / min(map(abs, values))
    assert kappa([1, -4]) == kappa([4, -1]) == kappa([1, 4]) == 4
    values = np.random.default_rng(0).normal(size=(100, 5))
    assert min(map(kappa, values)) >= 1


# Two examples that layer normalization makes one.

def layer_normalized(x):
    """(3.12) with m = s = 0."""
    mean = sum(x) / len(x)
    return (x - mean) / math.sqrt(sum((value - mean) ** 2 for value in x) / len(x))


def test_3_12_printed():
    for x in np.array([[0.9, 0.0], [2.0, 0.0]]):
        assert np.abs(layer_normalized(x) - [0.5, -0.5]).max() == pytest.approx(0.5)
    assert np.std([0.5, -0.5]) == 0.5                                        # nothing of deviation 0.5 was normalized


def test_3_12_right():
    for x in np.array([[0.9, 0.0], [2.0, 0.0]]):
        np.testing.assert_allclose(layer_normalized(x), [1, -1], atol=1e-15)
    x = np.random.default_rng(0).normal(size=9)
    assert np.std(layer_normalized(x)) == pytest.approx(1)


# A convolution's matrices: filters are rows.

def series():
    """Filters f (K, 2M + 1, d), a series x (T, d), and h_t at one place, number by number, as (3.15) has it."""
    rng = np.random.default_rng(0)
    f, x, t, M = rng.normal(size=(4, 3, 2)), rng.normal(size=(7, 2)), 3, 1
    h = [sum(x[t + m, i] * f[k, m + M, i] for m in range(-M, M + 1) for i in range(2)) for k in range(4)]
    return f, x, t, M, h


def test_3_17_printed():
    f, x, t, M, h = series()
    F = [np.stack(f[:, m], axis=1) for m in range(2 * M + 1)]
    assert F[0].shape == (2, 4)                                              # d x K
    with pytest.raises(ValueError, match="mismatch"):
        sum(F[m + M] @ x[t + m] for m in range(-M, M + 1))                   # (3.16)


def test_3_17_right():
    f, x, t, M, h = series()
    F = [np.stack(f[:, m]) for m in range(2 * M + 1)]
    assert F[0].shape == (4, 2)
    np.testing.assert_allclose(sum(F[m + M] @ x[t + m] for m in range(-M, M + 1)), h, rtol=1e-12)


# Attention, with queries, keys and values that are the items themselves.

def mixed(q, k, v):
    """(3.26), (3.27)"""
    e = np.exp(q @ k.T)
    return e / e.sum(axis=1, keepdims=True) @ v


def test_3_28_printed():
    x, y = np.random.default_rng(0).normal(size=(2, 4, 3))
    assert np.abs(mixed(2 * x, 2 * x, 2 * x) - 2 * mixed(x, x, x)).max() > 0.1
    assert np.abs(mixed(x + y, x + y, x + y) - mixed(x, x, x) - mixed(y, y, y)).max() > 0.1


def test_3_28_right():
    q, k, v, w = np.random.default_rng(0).normal(size=(4, 4, 3))
    np.testing.assert_allclose(mixed(q, k, 2 * v - 3 * w), 2 * mixed(q, k, v) - 3 * mixed(q, k, w), rtol=1e-12)


# Positions: an index that is none of the dimension's, a key at no position, and frequencies that grow.

def waves(i, n, exponent, parity, L=10000.0):
    """(3.30) at position i, with the exponent and the case of each dimension as told."""
    return np.array([np.sin(i / L ** (exponent(i, d) / n)) if parity(i, d) % 2 == 0
                     else np.cos(i / L ** ((exponent(i, d) - 1) / n)) for d in range(n)])


def left_by_the_best_map(e):
    """How far the best matrix M is from e_{i+1} = M e_i."""
    M = np.linalg.lstsq(e[:-1], e[1:], rcond=None)[0]
    return np.max(np.abs(e[:-1] @ M - e[1:]))


def test_3_30_printed():
    n = 8
    e = np.array([waves(i, n, lambda i, d: i, lambda i, d: i) for i in range(100)])
    assert np.all(e == e[:, :1])                                             # all dimensions are equal
    assert np.max(np.abs(e[40:-2] - e[42:])) < 1e-12                         # and positions soon are, every second one,
    assert np.max(np.abs(e[40] - e[41])) > 0.9                               # all even ones and all odd ones
    assert left_by_the_best_map(e) > 0.4
    half_mended = np.array([waves(i, n, lambda i, d: i, lambda i, d: d) for i in range(100)])
    assert np.all(half_mended[:, 0::2] == half_mended[:, :1]) and np.all(half_mended[:, 1::2] == half_mended[:, 1:2])
    assert left_by_the_best_map(half_mended) > 0.4


def test_3_30_right():
    n = 8
    e = np.array([waves(i, n, lambda i, d: d, lambda i, d: d) for i in range(100)])
    assert left_by_the_best_map(e) < 1e-12                                   # one matrix leads from each position to the next
    gaps = np.linalg.norm(e[:, None] - e, axis=-1) + 9 * np.eye(100)
    assert np.min(gaps) > 0.1                                                # no two are alike
    np.testing.assert_allclose(e @ e.T, [[(e[0] @ e[abs(i - j)]) for j in range(100)] for i in range(100)], atol=1e-12)


def weights_of(scores):
    return np.exp(scores) / np.sum(np.exp(scores))                           # (3.26)


def test_3_31_printed():
    scores = np.array([1.0, 2.0, -1.0])
    weights = weights_of(scores)
    assert abs(weights[1] / weights[0] - scores[1] / scores[0]) > 0.7 and weights[2] > 0 > scores[2]


def test_3_31_right():
    scores = np.random.default_rng(0).normal(size=6)
    np.testing.assert_allclose(np.ptp(np.log(weights_of(scores)) - scores), 0, atol=1e-12)


def score_and_terms(k):
    """q_i'k_j for i = 1 and j = 2, and the sum of (3.32) with the position vector e_k in its last two terms."""
    rng = np.random.default_rng(0)
    x, e, (W_q, W_k) = rng.normal(size=(5, 4)), rng.normal(size=(5, 4)), rng.normal(size=(2, 3, 4))
    A, i, j = W_q.T @ W_k, 1, 2
    return (W_q @ (x[i] + e[i])) @ (W_k @ (x[j] + e[j])), x[i] @ A @ x[j] + e[i] @ A @ x[j] + x[i] @ A @ e[k] + e[i] @ A @ e[k]


def test_3_32_printed():
    for k in (0, 1, 3, 4):
        score, terms = score_and_terms(k)
        assert abs(score - terms) > 0.1


def test_3_32_right():
    score, terms = score_and_terms(2)
    assert np.isclose(score, terms, rtol=1e-12)


def turn(m, omega):
    """R_m, a pair of rows for each frequency."""
    R = np.zeros((2 * len(omega), 2 * len(omega)))
    for k, w in enumerate(omega):
        R[2 * k:2 * k + 2, 2 * k:2 * k + 2] = [[np.cos(m * w), -np.sin(m * w)], [np.sin(m * w), np.cos(m * w)]]
    return R


def query_key_item():
    rng = np.random.default_rng(0)
    x, W_q, W_k = rng.normal(size=(5, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    return x @ W_q.T, x @ W_k.T, x


def test_3_33_printed():
    q, k, x = query_key_item()
    for i in range(5):                                                       # j = i: R_i'R_i is no rotation at all
        R = turn(i, np.array([1.0, 0.01]))
        assert abs(q[i] @ R.T @ R @ x[i] - q[i] @ k[i]) > 0.1


def test_3_33_right():
    q, k, _ = query_key_item()
    omega = np.array([1.0, 0.01])
    for i in range(5):
        assert np.isclose(q[i] @ turn(i, omega).T @ turn(i, omega) @ k[i], q[i] @ k[i])
        for j in range(5):
            np.testing.assert_allclose(q[i] @ turn(i, omega).T @ turn(j, omega) @ k[j], q[i] @ turn(j - i, omega) @ k[j])


def likeness(omega, m):
    """Of R_0 and R_m: the mean cosine of the angles between them, 1 where they are equal and about 0 where unrelated."""
    return np.trace(turn(0, omega).T @ turn(m, omega)) / (2 * len(omega))


def test_3_35_printed():
    n, L = 64, 10000.0
    omega = L ** (np.arange(1, n // 2 + 1) / n)
    assert np.isclose(omega[-1], 100) and omega.min() > 1
    assert likeness(omega, 1) < 0.1                                          # a step, and nothing is left of where it was
    assert abs(likeness(omega, 1) - np.mean([likeness(omega, m) for m in range(2, 300)])) < 0.1
    assert np.linalg.norm(turn(0, omega) - turn(np.pi / 100, omega), 2) > 1.999    # 3 hundredths of a step turn a pair around


def test_3_35_right():
    n, L = 64, 10000.0
    omega = L ** (-2 * (np.arange(1, n // 2 + 1) - 1) / n)
    assert likeness(omega, 1) > 0.95 and np.all(np.diff([likeness(omega, m) for m in range(6)]) < 0)
    for m in (0.01, 0.1, 1.0):
        assert np.linalg.norm(turn(0, omega) - turn(m, omega), 2) <= m       # it changes as smoothly as m does
    sign_alone = L ** (-np.arange(1, n // 2 + 1) / n)
    assert likeness(sign_alone, 1) > 0.95                                    # which is what the sign does


def test_V_21_printed():
    mean = FACES @ COINS.sum(axis=1)
    diagonal = sum((FACES[k] - mean) * (FACES[k] - mean) * COINS[k, k] for k in range(2))
    assert diagonal == 1 / 8                                                 # as if they went together


def test_V_21_right():
    mean = FACES @ COINS.sum(axis=1)
    assert sum((FACES[k] - mean) * (FACES[j] - mean) * COINS[k, j] for k in range(2) for j in range(2)) == 0
    rng = np.random.default_rng(0)
    joint = rng.dirichlet(np.ones(6)).reshape(2, 3)
    x, y = np.array([-1.0, 2.0]), np.array([0.0, 1.0, 5.0])
    which = rng.choice(6, size=400_000, p=joint.ravel())                     # against samples, to 5 standard errors
    sampled = np.cov(x[which // 3], y[which % 3])[0, 1]
    centered = np.outer(x - joint.sum(axis=1) @ x, y - joint.sum(axis=0) @ y)
    assert abs(np.sum(centered * joint) - sampled) < 5 * np.sqrt(np.sum(centered ** 2 * joint) / 400_000)


def test_V_34_printed():
    conditional, joint = 0.0001, 0.0002
    assert joint / conditional > 1                                           # p(x), by (V-35)


def test_V_34_right():
    tables = np.random.default_rng(0).dirichlet(np.ones(12), size=200).reshape(-1, 3, 4)
    marginal = tables.sum(axis=1, keepdims=True)
    conditional = tables / marginal
    np.testing.assert_allclose(tables, conditional * marginal, rtol=1e-12)
    assert np.all(tables <= conditional)


def test_V_28_printed():
    p = np.array([0.7, 0.2, 0.1])
    others = np.random.default_rng(0).dirichlet(np.ones(3), 200)
    similarity = np.array([divergence(p, q) for q in (p, *others)])
    assert np.argmax(similarity) != 0 and np.all(similarity[1:] > similarity[0])         # p would be least similar to itself


def test_V_28_right():
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7])
    along = [divergence(p, (1 - t) * p + t * q) for t in np.linspace(0, 1, 11)]
    assert along[0] == 0 and np.all(np.diff(along) > 0)


def left_and_taken(joint):
    """H(x | y), and I(x; y)."""
    given_y = joint / joint.sum(axis=0)
    left = -np.sum(joint * np.log(np.where(joint > 0, given_y, 1)))
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    return left, np.sum(joint * np.log(np.where(joint > 0, joint / apart, 1)))


def test_V_32_printed():
    (left, information), bits = left_and_taken(np.full((4, 4), 1 / 16)), np.log(4)       # independent: observing y tells nothing
    assert np.isclose(left, bits) and np.isclose(information, 0)


def test_V_32_right():
    for joint in (np.full((4, 4), 1 / 16), np.eye(4) / 4, np.random.default_rng(0).dirichlet(np.ones(12)).reshape(3, 4)):
        p = joint.sum(axis=1)
        left, information = left_and_taken(joint)
        assert np.isclose(information, -np.sum(p * np.log(p)) - left)


# The Gaussian: a singular covariance, a lost half, and a mean that is not known.

FLAT = np.array([[1.0, 1.0], [1.0, 1.0]])                                    # no negative eigenvalue, and one that is 0


def test_V_2_printed():
    assert np.all(np.linalg.eigvalsh(FLAT) > -1e-12) and np.linalg.det(FLAT) == 0
    x = np.random.default_rng(0).normal(size=(1000, 1)) * np.ones(2)         # its samples, all on the line x_1 = x_2
    np.testing.assert_allclose(np.cov(x.T) / np.var(x[:, 0], ddof=1), FLAT, rtol=1e-12)
    for width in (1e-2, 1e-4, 1e-6):                                         # mass 1 in a strip as narrow as one likes
        assert np.all(np.abs(x[:, 0] - x[:, 1]) < width)
    with np.errstate(divide="ignore"):
        assert np.linalg.det(FLAT) ** -0.5 == np.inf


def test_V_2_right():
    S = FLAT + 0.1 * np.eye(2)
    assert np.all(np.linalg.eigvalsh(S) > 0)
    t = np.linspace(-9, 9, 901)
    d = np.stack(np.meshgrid(t, t), axis=-1)
    density = np.exp(-0.5 * np.sum(d @ np.linalg.inv(S) * d, axis=-1)) / (2 * np.pi * np.linalg.det(S) ** 0.5)
    np.testing.assert_allclose(density.sum() * 0.02 ** 2, 1, rtol=1e-6)      # it is a density


POINTS = np.random.default_rng(0).normal(size=(8, 2)) @ np.array([[1.0, 0.0], [0.7, 0.5]])
ABOUT, SPREAD = np.array([0.3, -0.2]), np.array([[1.2, 0.4], [0.4, 0.9]])


def log_density(x, mu, S):
    d = x - mu
    return np.log(np.exp(-0.5 * d @ np.linalg.inv(S) @ d) / (2 * np.pi * np.sqrt(np.linalg.det(S))))


def summands(half):
    d = POINTS - ABOUT
    return -np.log(2 * np.pi) - 0.5 * np.log(np.linalg.det(SPREAD)) - half * np.sum(d @ np.linalg.inv(SPREAD) * d, axis=1)


def test_V_49_printed():
    assert np.sum(summands(1.0)) < sum(log_density(x, ABOUT, SPREAD) for x in POINTS) - 1


def test_V_49_right():
    np.testing.assert_allclose(summands(0.5), [log_density(x, ABOUT, SPREAD) for x in POINTS], rtol=1e-10)


def scatter_about(mu):
    return sum(np.outer(x - mu, x - mu) for x in POINTS) / len(POINTS)


def test_V_61_printed():
    truth, mean = np.zeros(2), POINTS.mean(axis=0)
    total = lambda S: sum(log_density(x, mean, S) for x in POINTS)
    assert total(scatter_about(truth)) < total(scatter_about(mean)) - 1e-3   # the pair is not the maximum


def test_V_61_right():
    mean = POINTS.mean(axis=0)
    best = sum(log_density(x, mean, scatter_about(mean)) for x in POINTS)
    rng = np.random.default_rng(1)
    for _ in range(300):
        mu, step = mean + 0.2 * rng.normal(size=2), np.eye(2) + 0.1 * rng.normal(size=(2, 2))
        assert sum(log_density(x, mu, step @ scatter_about(mean) @ step.T) for x in POINTS) < best


# A Markov chain's last factor.

def four_in_a_chain():
    """p(x1, x2, x3, x4), from its conditionals."""
    first, step = np.array([0.4, 0.6]), np.array([[0.8, 0.2], [0.3, 0.7]])
    return np.einsum("a,ab,bc,cd->abcd", first, step, step, step)


def given(joint, i, j):
    """p(x_j | x_i) of a joint distribution of four, with axes i and j."""
    pair = joint.sum(axis=tuple({0, 1, 2, 3} - {i, j}))
    return pair / pair.sum(axis=1, keepdims=True)


def test_V_68_printed():
    joint = four_in_a_chain()
    first, second, third = joint.sum((1, 2, 3)), given(joint, 0, 1), given(joint, 1, 2)
    for last in ("ad", "bd"):                                                # x_{i-1} for any i < n: not the neighbor of x_n
        factor = given(joint, "ab".index(last[0]), 3)
        assert np.abs(np.einsum(f"a,ab,bc,{last}->abcd", first, second, third, factor) - joint).max() > 0.01


def test_V_68_right():
    joint = four_in_a_chain()
    product = np.einsum("a,ab,bc,cd->abcd", joint.sum((1, 2, 3)), given(joint, 0, 1), given(joint, 1, 2), given(joint, 2, 3))
    np.testing.assert_allclose(product, joint, atol=1e-15)
