# fails: test_how_often
# says: a normal distribution in the place of the binomial probabilities
# kind: numerical
from solution import *


def how_often(lower, upper, p):
    n = len(lower) - 1
    weight = np.diff(ndtr((np.arange(n + 1) + 0.5 - n * p) / np.sqrt(n * p * (1 - p))), prepend=0)
    return np.sum(weight * ((lower <= p) & (p <= upper)))
