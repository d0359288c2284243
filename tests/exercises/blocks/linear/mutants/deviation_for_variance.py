# fails: test_first_weights
# says: the variance in the place of the deviation
from solution import *


def first_weights(n, m, kept, seed):
    return np.random.default_rng(seed).normal(size=(n, m)) / (n * kept)
