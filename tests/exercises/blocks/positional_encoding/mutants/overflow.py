# fails: test_linear_bias_weights
# says: exponentials of large scores overflow
from solution import *


def linear_bias_weights(q, k, slope):
    i = np.arange(len(q))
    with np.errstate(all="ignore"):
        weights = np.where(i[:, None] >= i, np.exp(q @ k.T - slope * (i[:, None] - i)), 0)
        return weights / weights.sum(axis=1, keepdims=True)
