# fails: test_bias_backward
# says: before and behind are taken for the same distance
from solution import *


def bias_backward(g):
    T = len(g)
    i = np.arange(T)
    return np.bincount((np.abs(i - i[:, None]) + T - 1).ravel(), g.ravel(), 2 * T - 1)
