# fails: test_unequal_gaps
# says: likely models pay more: the weight divides delta
from solution import *


def unequal_gaps(n, delta, weights):
    return np.sqrt(np.maximum(np.log(2 * weights / delta), 0) / (2 * n))
