# fails: test_soft_pool_slopes
# says: the sum of the exponentials, not their mean
from solution import *


def soft_pool_slopes(x, b):
    top = x.max()
    weights = np.exp(b * (x - top))
    p = weights / weights.sum()
    return p, float((p @ x - top - np.log(weights.sum()) / b) / b)
