# fails: test_exactly_k_back
# says: k is ignored
from solution import *


def exactly_k_back(g, x, h, W, b, k):
    return through_time(g, x, h, W, b)[0]
