# fails: test_exact_bound
# says: where all are wrong it gives what one right would give
from solution import *


def exact_bound(wrong, n, delta):
    wrong = min(wrong, n - 1)
    low, high = wrong / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if bdtr(wrong, n, middle) > delta else (low, middle)
    return high
