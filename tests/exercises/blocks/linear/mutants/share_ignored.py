# fails: test_first_weights
# says: He's variance, whatever the nonlinearity keeps
from solution import *


def first_weights(n, m, kept, seed):
    return np.random.default_rng(seed).normal(size=(n, m)) * math.sqrt(2 / n)
