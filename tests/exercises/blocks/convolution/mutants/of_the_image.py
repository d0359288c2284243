# fails: test_max_pool_backward
# says: only where the largest entry of the whole image is
from solution import *


def max_pool_backward(g, x, size):
    largest = x == x.max(axis=(1, 2), keepdims=True)
    return largest * g.repeat(size, axis=1).repeat(size, axis=2)
