# fails: test_largest_risk
# says: ten rounds of halving: three digits
# kind: numerical
from solution import *


def largest_risk(q, c):
    low, high = q, np.ones_like(q)
    for _ in range(10):
        middle = (low + high) / 2
        close = rel_entr(q, middle) + rel_entr(1 - q, 1 - middle) <= c
        low, high = np.where(close, middle, low), np.where(close, high, middle)
    return high
