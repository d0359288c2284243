# fails: test_soft_pool_slopes
# says: central differences: ten digits at best
# kind: numerical
from solution import *


def soft_pool(x, b):
    return x.max() + np.log(np.mean(np.exp(b * (x - x.max())))) / b


def soft_pool_slopes(x, b):
    h = 1e-5
    by_x = np.array([(soft_pool(x + h * e, b) - soft_pool(x - h * e, b)) / (2 * h) for e in np.eye(len(x))])
    return by_x, float((soft_pool(x, b + h) - soft_pool(x, b - h)) / (2 * h))
