# fails: test_fit
import numpy as np
from solution import *


def fit(x, y, n_categories, seed):
    return np.random.default_rng(seed).normal(size=(n_categories, x.shape[1])), np.zeros(n_categories)
