import math

import numpy as np
from scipy.special import ndtr


def fitted(x, y, price):
    return np.linalg.solve(x.T @ x / len(x) + price * np.eye(x.shape[1]), x.T @ y / len(x))


def tuned_ridge(x, y, x_val, y_val, prices):
    risks = [np.mean((x_val @ fitted(x, y, price) - y_val) ** 2) for price in prices]       # (2.140)
    price = prices[np.argmin(risks)]
    return price, fitted(np.vstack([x, x_val]), np.concatenate([y, y_val]), price)          # (2.142)


def normal_density(u):
    return np.exp(-u * u / 2) / math.sqrt(2 * math.pi)


def improvement(mean, std, best):
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (best - mean) / std
        ei = std * (u * ndtr(u) + normal_density(u))
    return np.where(std > 0, ei, np.maximum(0, best - mean))


def chances(ei, distance, beta, alpha):
    a = beta * ei - alpha * distance
    q = np.exp(a - a.max())
    return q / q.sum()                                                   # (2.150)


def ridge_slope(x, y, log_price):
    price = math.exp(log_price)
    A = x.T @ x / len(x) + price * np.eye(x.shape[1])
    return -price * np.linalg.solve(A, np.linalg.solve(A, x.T @ y / len(x)))


def probability_of_improvement(mean, std, best, margin):
    u = (best - margin - mean) / std
    return ndtr(u), -normal_density(u) / std, -u * normal_density(u) / std


def successive_halving(train, k, budget):
    left, cost = list(range(k)), 0
    while True:
        risks = [train(which, budget) for which in left]
        cost += budget * len(left)
        left = [left[i] for i in np.argsort(risks, kind="stable")[:(len(left) + 1) // 2]]
        if len(left) == 1:
            return left[0], cost
        budget *= 2


def next_trial(tried, risks, seed):
    rng, best = np.random.default_rng(seed), tried[np.argmin(risks)]
    return np.clip(best + 0.25 * 0.87 ** (len(tried) - 5) * rng.normal(size=2), 0, 1)
