# fails: test_complete_digits
import numpy as np
from solution import *


def complete_digits(x, y, torn):
    b, a = np.arange(32), np.arange(32, 64)
    mean, cov = x.mean(axis=0), np.cov(x.T, bias=True) + 0.01 * np.eye(64)
    gain = np.linalg.solve(cov[np.ix_(b, b)], cov[np.ix_(b, a)]).T
    return np.hstack([torn[:, b], mean[a] + (torn[:, b] - mean[b]) @ gain.T])
