# fails: test_covariance_gradient
from solution import *


def covariance_gradient(mean, cov, x):
    d = x - mean
    return 0.5 * len(x) * cov - 0.5 * d.T @ d                           # (V-59)
