# fails: test_bias_backward
# says: only what one query passes back to each distance: the last use overwrites the others
from solution import *


def bias_backward(g):
    T = len(g)
    by_b = np.zeros(2 * T - 1)
    for i in range(T):
        by_b[T - 1 - i:2 * T - 1 - i] = g[i]
    return by_b
