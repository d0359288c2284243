# fails: test_linear_bias_weights
# says: later items take part, at their distance
from solution import *


def linear_bias_weights(q, k, slope):
    i = np.arange(len(q))
    scores = q @ k.T - slope * np.abs(i[:, None] - i)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
