# fails: test_attention
# says: the exponential of a large product is infinity, and its share not a number
from solution import *


def attention(q, k, v):
    e = np.exp(q @ k.T)
    alpha = e / e.sum(axis=1, keepdims=True)
    return alpha, alpha @ v
