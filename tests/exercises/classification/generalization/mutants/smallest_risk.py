# fails: test_largest_risk
# says: the least p, on the other side of q
from solution import *


def largest_risk(q, c):
    low, high = np.zeros_like(q), q
    for _ in range(60):
        middle = (low + high) / 2
        close = rel_entr(q, middle) + rel_entr(1 - q, 1 - middle) <= c
        low, high = np.where(close, low, middle), np.where(close, middle, high)
    return high
