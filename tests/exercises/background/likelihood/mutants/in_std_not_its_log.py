# fails: test_gaussian_gradient
import numpy as np
from solution import *
from solution import gaussian_gradient as right


def gaussian_gradient(mean, log_std, batch, size):
    in_mean, in_log = right(mean, log_std, batch, size)
    return in_mean, in_log / np.exp(log_std)
