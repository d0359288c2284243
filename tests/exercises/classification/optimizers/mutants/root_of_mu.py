# fails: test_best_momentum
# says: the eigenvalue, the root of mu, in place of mu
from solution import *


def best_momentum(low, high):
    a, b = math.sqrt(low), math.sqrt(high)
    return (2 / (a + b)) ** 2, (b - a) / (b + a)
