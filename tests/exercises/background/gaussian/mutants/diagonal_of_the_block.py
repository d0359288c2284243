# fails: test_marginal
import numpy as np
from solution import *


def marginal(mean, cov, a):
    return mean[a], np.diag(cov[a, a])
