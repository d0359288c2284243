# fails: test_mean_and_variance
# says: the mean of squares less the square of the mean, which an offset drowns
# kind: numerical
from solution import *


def mean_and_variance(e, p):
    return e @ p, e ** 2 @ p - (e @ p) ** 2
