# fails: test_first_weights
# says: Glorot's compromise, which keeps neither the signal nor the gradient
from solution import *


def first_weights(n, m, kept, seed):
    return np.random.default_rng(seed).normal(size=(n, m)) * math.sqrt(2 / ((n + m) * kept))
