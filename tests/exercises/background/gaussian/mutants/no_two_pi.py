# fails: test_log_density test_kalman_update
import numpy as np
from solution import *
from solution import log_density as right


def log_density(x, mean, cov):
    return right(x, mean, cov) + 0.5 * len(mean) * np.log(2 * np.pi)
