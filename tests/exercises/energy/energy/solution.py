import numpy as np


def energies(x, W):
    return np.sum((x[:, :, None] - W) ** 2, axis=1) / 2


def mean_and_variance(e, p):
    mean = e @ p                                                                # (1.2)
    return mean, (e - mean[:, None]) ** 2 @ p                                   # (1.3)


def fill_in(x, missing, A, b):
    x, seen = np.array(x, dtype=float), ~missing
    slope = (x[:, seen] - b[seen]) @ A[np.ix_(seen, missing)]
    x[:, missing] = b[missing] - np.linalg.solve(A[np.ix_(missing, missing)], slope.T).T
    return x


def represent(x, W, price):
    return np.linalg.solve(W.T @ W + price * np.eye(W.shape[1]), W.T @ x.T).T


def heavy_tail_slope(x, y, theta, nu):
    r = y - x @ theta
    return -((nu + 1) * r / (nu + r ** 2)) @ x / len(x)


def heavy_tail_fit(x, y, nu):
    theta, last = np.linalg.lstsq(x, y, rcond=None)[0], np.inf
    for absolute in (True, False):
        for _ in range(1000):
            r = y - x @ theta
            w = 1 / np.maximum(np.abs(r), 1e-6) if absolute else 1 / (nu + r ** 2)
            last, theta = theta, np.linalg.solve(x.T * w @ x, x.T @ (w * y))
            if np.abs(theta - last).max() <= 1e-13 * np.abs(theta).max():
                break
    return theta


def energy_of_the_data(x, query, seed):
    distance = np.sum((query[:, None] - x) ** 2, axis=2)
    return np.sort(distance, axis=1)[:, :5].mean(axis=1)
