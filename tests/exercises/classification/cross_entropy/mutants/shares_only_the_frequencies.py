# fails: test_fit
import numpy as np
from solution import *


def fit(x, y, n_categories, seed):
    return np.zeros((n_categories, x.shape[1])), np.log(np.bincount(y, minlength=n_categories) / len(y))
