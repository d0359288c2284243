# fails: test_linear_attention
# says: whole sums, not running ones: the future is seen
from solution import *


def linear_attention(q, k, v):
    q, k = phi(q), phi(k)
    return q @ (k.T @ v) / (q @ k.sum(axis=0))[:, None]
