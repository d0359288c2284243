# fails: test_marginal
import numpy as np
from solution import *


def marginal(mean, cov, a):
    a = np.sort(a)
    return mean[a], cov[np.ix_(a, a)]

