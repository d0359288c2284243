# fails: test_smoothed
import numpy as np
from solution import *


def smoothed(counts, alpha):
    a = np.zeros(counts.shape)
    for _ in range(60):                             # softmax of a, uphill, and not to the top
        pi = np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)
        weights = counts + alpha - 1
        a += 0.02 * (weights - weights.sum(axis=-1, keepdims=True) * pi)
    return np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)
