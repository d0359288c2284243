# fails: test_exact_bound
# says: fewer errors, without so many: below what is not ruled out
from solution import *


def exact_bound(wrong, n, delta):
    if wrong == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if bdtr(wrong - 1, n, middle) > delta else (low, middle)
    return high
