# fails: test_covariance_gradient
import numpy as np
from solution import *


def covariance_gradient(mean, cov, x, h=1e-5):
    def total(S):
        d = x - mean
        return -0.5 * len(x) * np.linalg.slogdet(S)[1] - 0.5 * np.sum(d @ np.linalg.inv(S) * d)

    g = np.zeros_like(cov)
    for i in np.ndindex(cov.shape):
        step = np.zeros_like(cov)
        step[i] = h
        g[i] = (total(cov + step) - total(cov - step)) / (2 * h)
    return g
