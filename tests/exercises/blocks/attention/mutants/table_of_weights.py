# fails: test_linear_attention
# says: the whole table, which for 20,000 items is 3 gigabytes
from solution import *


def linear_attention(q, k, v):
    shares = phi(q) @ phi(k).T
    shares = shares * np.tri(len(q))
    return shares @ v / shares.sum(axis=1, keepdims=True)
