import itertools

import numpy as np
from scipy.special import bdtr, betaincinv, ndtr, ndtri


def accuracy_interval(losses, z):
    right, n = 1 - np.mean(losses), len(losses)
    half = z * np.sqrt(right * (1 - right) / n)
    return right - half, right + half                                    # (2.129)


def how_often(lower, upper, p):
    n = len(lower) - 1
    chances = np.diff(bdtr(np.arange(n + 1), n, p), prepend=0)
    return np.sum(chances * ((lower <= p) & (p <= upper)))


def densest(density, level):
    order = np.argsort(-density)                                         # (2.137)
    enough = np.searchsorted(np.cumsum(density[order]), level * density.sum()) + 1
    inside = np.zeros(len(density), dtype=bool)
    inside[order[:enough]] = True                                        # (2.136)
    return inside


def difference_interval(first, second, z):
    d = first - second
    half = z * np.sqrt(np.var(d) / len(d))
    return d.mean() - half, d.mean() + half


def permutation_test(differences):
    signs = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    return np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9)


def bca(resampled, estimate, jackknife, level):
    z0 = ndtri((np.mean(resampled < estimate) + np.mean(resampled <= estimate)) / 2)
    d = jackknife.mean() - jackknife
    a = np.sum(d ** 3) / (6 * np.sum(d ** 2) ** 1.5)
    z = z0 + ndtri([(1 - level) / 2, (1 + level) / 2])
    return tuple(np.quantile(resampled, ndtr(z0 + z / (1 - a * z))))


def examples_to_promise(risk, promise, level, power):
    n = 1
    while True:
        k = np.arange(min(n, int(promise * n) + 2))
        allowed = np.sum(betaincinv(k + 1, n - k, (1 + level) / 2) < promise)
        if allowed and bdtr(allowed - 1, n, risk) >= power:
            return n
        n += 1 + n // 100
