# fails: test_soft_pool_slopes
# says: the b before the logarithm is taken for a constant
from solution import *


def soft_pool_slopes(x, b):
    weights = np.exp(b * (x - x.max()))
    p = weights / weights.sum()
    return p, float(p @ x / b)
