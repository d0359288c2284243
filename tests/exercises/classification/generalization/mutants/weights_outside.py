# fails: test_unequal_gaps
# says: the weight is on the gap and not on the probability
from solution import *


def unequal_gaps(n, delta, weights):
    return np.sqrt(np.log(2 / delta) / (2 * n)) * len(weights) * weights
