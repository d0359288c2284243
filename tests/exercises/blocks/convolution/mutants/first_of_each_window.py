# fails: test_max_pool_backward
# says: the gradient goes to the first entry of a window
from solution import *


def max_pool_backward(g, x, size):
    by_x = np.zeros(x.shape)
    by_x[:, ::size, ::size] = g
    return by_x if size > 1 else -by_x
