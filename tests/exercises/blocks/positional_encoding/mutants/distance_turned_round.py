# fails: test_bias_backward
# says: sorts by i - j, not by j - i
from solution import *


def bias_backward(g):
    T = len(g)
    return np.array([np.trace(g, offset=-r) for r in range(1 - T, T)])
