# fails: test_attention
# says: products are divided by the root of d, which (3.26) does not
from solution import *


def attention(q, k, v):
    alpha = softmax(q @ k.T / q.shape[1] ** 0.5)
    return alpha, alpha @ v
