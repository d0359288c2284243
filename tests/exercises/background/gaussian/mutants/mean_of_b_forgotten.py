# fails: test_conditional
from solution import *
from solution import conditional as right


def conditional(mean, cov, b, x_b):
    return right(mean, cov, b, x_b + mean[b])
