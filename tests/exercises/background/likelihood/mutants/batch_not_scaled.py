# fails: test_gaussian_gradient
from solution import *
from solution import gaussian_gradient as right


def gaussian_gradient(mean, log_std, batch, size):
    return right(mean, log_std, batch, len(batch))          # the sum over the batch, not over the data
