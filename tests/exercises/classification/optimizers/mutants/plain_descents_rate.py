# fails: test_best_momentum
# says: the best rate of descent without momentum
from solution import *


def best_momentum(low, high):
    a, b = math.sqrt(low), math.sqrt(high)
    return 2 / (low + high), ((b - a) / (b + a)) ** 2
