# fails: test_smallest_base
# says: below 1 for few positions
from solution import *


def smallest_base(n, T):
    return ((T - 1) / math.pi) ** (n / (n - 2))
