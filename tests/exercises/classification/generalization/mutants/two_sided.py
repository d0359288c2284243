# fails: test_exact_bound
# says: half of delta: an interval's upper end, which is larger
from solution import *


def exact_bound(wrong, n, delta):
    if wrong == n:
        return 1.0
    low, high = wrong / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if bdtr(wrong, n, middle) > delta / 2 else (low, middle)
    return high
