# fails: test_linear_bias_weights
# says: later items are hidden after the softmax: rows don't sum to one
from solution import *


def linear_bias_weights(q, k, slope):
    i = np.arange(len(q))
    scores = q @ k.T - slope * (i[:, None] - i)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.tril(weights / weights.sum(axis=1, keepdims=True))
