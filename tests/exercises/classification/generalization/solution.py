import math

import numpy as np
from scipy.special import bdtr, rel_entr


def risk_below(losses, delta, models):
    return np.mean(losses) + math.sqrt((math.log(models) + math.log(2 / delta)) / (2 * len(losses)))        # (2.109)


def examples_for(epsilon, delta, models):
    return math.ceil((math.log(models) + math.log(2 / delta)) / (2 * epsilon ** 2))


def largest_risk(q, c):
    low, high = q, np.ones_like(q)
    for _ in range(60):
        middle = (low + high) / 2
        close = rel_entr(q, middle) + rel_entr(1 - q, 1 - middle) <= c
        low, high = np.where(close, middle, low), np.where(close, high, middle)
    return high


def unequal_gaps(n, delta, weights):
    return np.sqrt(np.log(2 / (delta * weights)) / (2 * n))


def exact_bound(wrong, n, delta):
    if wrong == n:
        return 1.0
    low, high = wrong / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if bdtr(wrong, n, middle) > delta else (low, middle)
    return high


def empirical_bernstein(losses, delta):
    scaled, n, log = losses / 10, len(losses), math.log(2 / delta)
    return 10 * (scaled.mean() + math.sqrt(2 * scaled.var(ddof=1) * log / n) + 7 * log / (3 * (n - 1)))


def best_of_many(wrong, n, delta):
    k = int(np.argmin(wrong))
    return k, exact_bound(int(wrong[k]), n, delta / len(wrong))
