# fails: test_largest_risk
# says: the divergence the other way round
from solution import *


def largest_risk(q, c):
    low, high = q, np.ones_like(q)
    for _ in range(60):
        middle = (low + high) / 2
        close = rel_entr(middle, q) + rel_entr(1 - middle, 1 - q) <= c
        low, high = np.where(close, middle, low), np.where(close, high, middle)
    return high
