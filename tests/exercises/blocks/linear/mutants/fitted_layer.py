# fails: test_without_normalization
# says: fitted to two hundred points by a descent that was stopped
# kind: numerical
from solution import *


def without_normalization(U, c, mean, std):
    x = np.random.default_rng(0).normal(size=(200, len(U))) * std + mean
    y, scale = (x - mean) / std @ U + c, np.abs(std).max() + np.abs(mean).max()
    V, d = np.zeros_like(U), np.zeros_like(c)
    for _ in range(500):
        error = x @ V + d - y
        V, d = V - 0.1 * x.T @ error / len(x) / scale ** 2, d - 0.1 * error.mean(axis=0)
    return V, d
