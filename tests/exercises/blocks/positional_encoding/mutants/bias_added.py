# fails: test_linear_bias_weights
# says: distance is added: far items get more
from solution import *


def linear_bias_weights(q, k, slope):
    i = np.arange(len(q))
    scores = np.where(i[:, None] >= i, q @ k.T + slope * (i[:, None] - i), -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
