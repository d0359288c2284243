# fails: test_unequal_gaps
# says: all models trusted alike
from solution import *


def unequal_gaps(n, delta, weights):
    return np.full(len(weights), math.sqrt((math.log(len(weights)) + math.log(2 / delta)) / (2 * n)))
