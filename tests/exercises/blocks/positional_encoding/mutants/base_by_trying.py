# fails: test_smallest_base
# says: tries larger and larger L, and stops at one that is near
# kind: numerical
from solution import *


def smallest_base(n, T):
    low, high = 1.0, 1e9
    if (T - 1) * low ** (-(n - 2) / n) <= math.pi:
        return 1.0
    while high / low > 1 + 1e-7:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if (T - 1) * middle ** (-(n - 2) / n) <= math.pi else (middle, high)
    return high
