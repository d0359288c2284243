# fails: test_smallest_base
# says: a whole turn, on which a cosine falls and rises again
from solution import *


def smallest_base(n, T):
    return max(1.0, ((T - 1) / (2 * math.pi)) ** (n / (n - 2)))
