# fails: test_soft_margin_gradient
import numpy as np
from solution import *


def soft_margin_gradient(W, b, x, y, m, gamma, h=1e-5):
    def loss(W, b):
        energies, n = -(x @ W.T + b), np.arange(len(y))
        return np.mean(np.logaddexp(0, gamma * (m + energies[n, y] - energies[n, best_wrong(energies, y)]))) / gamma

    gW, gb = np.zeros_like(W), np.zeros_like(b)
    for i in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[i] = h
        gW[i] = (loss(W + step, b) - loss(W - step, b)) / (2 * h)
    for k in range(len(b)):
        step = h * np.eye(len(b))[k]
        gb[k] = (loss(W, b + step) - loss(W, b - step)) / (2 * h)
    return gW, gb
