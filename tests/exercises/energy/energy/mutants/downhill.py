# fails: test_heavy_tail_slope
# says: the sign of -x is lost
from solution import *


def heavy_tail_slope(x, y, theta, nu):
    r = y - x @ theta
    return ((nu + 1) * r / (nu + r ** 2)) @ x / len(x)
