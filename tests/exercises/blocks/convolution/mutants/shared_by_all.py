# fails: test_max_pool_backward
# says: shared by the whole window, as by a mean
from solution import *


def max_pool_backward(g, x, size):
    return g.repeat(size, axis=1).repeat(size, axis=2) / max(size, 2) ** 2
