# fails: test_largest_risk
# says: 0 log 0 is not a number
# kind: numerical
from solution import *


def largest_risk(q, c):
    low, high = q, np.ones_like(q)
    for _ in range(60):
        middle = (low + high) / 2
        with np.errstate(all="ignore"):
            close = q * np.log(q / middle) + (1 - q) * np.log((1 - q) / (1 - middle)) <= c
        low, high = np.where(close, middle, low), np.where(close, high, middle)
    return low
