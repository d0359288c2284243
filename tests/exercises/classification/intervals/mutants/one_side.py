# fails: test_how_often
# says: only the upper end is looked at
from solution import *


def how_often(lower, upper, p):
    n = len(lower) - 1
    return np.sum(np.diff(bdtr(np.arange(n + 1), n, p), prepend=0) * (p <= upper))
