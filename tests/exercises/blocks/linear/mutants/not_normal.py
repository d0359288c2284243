# fails: test_first_weights
# says: uniform weights of the right variance
from solution import *


def first_weights(n, m, kept, seed):
    return np.random.default_rng(seed).uniform(-1, 1, size=(n, m)) * math.sqrt(3 / (n * kept))
