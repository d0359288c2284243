# fails: test_bias_backward
# says: the mean of a diagonal: a number that is used T times gets T shares
from solution import *


def bias_backward(g):
    T = len(g)
    return np.array([np.diag(g, r).mean() for r in range(1 - T, T)])
