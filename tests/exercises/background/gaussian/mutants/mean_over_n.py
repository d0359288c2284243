# fails: test_covariance_gradient
from solution import *
from solution import covariance_gradient as right


def covariance_gradient(mean, cov, x):
    return right(mean, cov, x) / len(x)
