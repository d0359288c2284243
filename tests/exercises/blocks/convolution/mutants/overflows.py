# fails: test_soft_pool_slopes
# says: exponentials of large numbers are infinite
from solution import *


def soft_pool_slopes(x, b):
    with np.errstate(all="ignore"):
        weights = np.exp(b * x)
        p = weights / weights.sum()
        return p, float((p @ x - np.log(weights.mean()) / b) / b)
