# fails: test_soft_margin_gradient
import numpy as np
from solution import *


def soft_margin_gradient(W, b, x, y, m, gamma):
    energies, n = -(x @ W.T + b), np.arange(len(y))
    wrong = best_wrong(energies, y)
    a = np.exp(gamma * (m + energies[n, y] - energies[n, wrong]))
    push = (a / (1 + a))[:, None] * (np.eye(len(b))[y] - np.eye(len(b))[wrong]) / len(y)
    return -push.T @ x, -push.sum(axis=0)
