# fails: test_conditional
import numpy as np
from solution import *


def conditional(mean, cov, b, x_b):
    a = np.setdiff1d(np.arange(len(mean)), b)
    return mean[a], cov[np.ix_(a, a)]
