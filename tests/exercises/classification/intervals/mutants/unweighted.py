# fails: test_how_often
# says: each number of errors counts alike
from solution import *


def how_often(lower, upper, p):
    return np.mean((lower <= p) & (p <= upper))
