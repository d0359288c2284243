# fails: test_smallest_base
# says: takes 1 / L for the slowest frequency
from solution import *


def smallest_base(n, T):
    return max(1.0, (T - 1) / math.pi)
