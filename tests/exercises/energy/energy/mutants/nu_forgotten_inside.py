# fails: test_heavy_tail_slope
# says: the inner derivative by r^2 / nu is that by r^2
from solution import *


def heavy_tail_slope(x, y, theta, nu):
    r = y - x @ theta
    return -((nu + 1) * r / (1 + r ** 2 / nu)) @ x / len(x)
