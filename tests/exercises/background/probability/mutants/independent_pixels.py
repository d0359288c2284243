# fails: test_torn_digits
import numpy as np
from solution import *


def torn_digits(x, y, torn):
    scores = np.empty((len(torn), 10))
    for k in range(10):
        mean, var = x[y == k].mean(axis=0), x[y == k].var(axis=0) + 0.05
        scores[:, k] = np.nansum(-0.5 * (torn - mean) ** 2 / var - 0.5 * np.log(var) * ~np.isnan(torn), axis=1)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)
