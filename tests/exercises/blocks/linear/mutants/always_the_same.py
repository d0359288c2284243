# fails: test_first_weights
# says: the same weights for every seed
# kind: input-independent
from solution import *


def first_weights(n, m, kept, seed):
    return np.random.default_rng(0).normal(size=(n, m)) / math.sqrt(n * kept)
