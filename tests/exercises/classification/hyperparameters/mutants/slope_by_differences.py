# fails: test_ridge_slope
# says: a difference of two trainings: some digits, and nothing derived
# kind: numerical
from solution import *


def ridge_slope(x, y, log_price):
    return (fitted(x, y, math.exp(log_price + 1e-4)) - fitted(x, y, math.exp(log_price))) / 1e-4
