# fails: test_best_momentum
# says: the constants of Nesterov's method: rate 1/high
from solution import *


def best_momentum(low, high):
    a, b = math.sqrt(low), math.sqrt(high)
    return 1 / high, (b - a) / (b + a)
