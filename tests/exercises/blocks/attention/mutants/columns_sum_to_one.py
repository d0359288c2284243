# fails: test_attention
# says: the softmax runs over the queries, not over the keys
from solution import *


def attention(q, k, v):
    alpha = softmax((q @ k.T).T).T
    return alpha, alpha @ v
