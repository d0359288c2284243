# fails: test_first_weights
# says: the number of outputs, not of inputs
from solution import *


def first_weights(n, m, kept, seed):
    return np.random.default_rng(seed).normal(size=(n, m)) / math.sqrt(m * kept)
