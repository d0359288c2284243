# fails: test_improvement
# says: a mean of ten thousand draws: two digits
# kind: numerical
from solution import *


def improvement(mean, std, best):
    z = np.random.default_rng(0).normal(size=(10_000, 1))
    return np.mean(np.maximum(0, best - mean - std * z), axis=0)
