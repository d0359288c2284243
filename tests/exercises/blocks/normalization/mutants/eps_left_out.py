# fails: test_group_norm_backward
# says: eps is left out
from solution import *


def group_norm_backward(g, x, groups, eps):
    shape = x.shape
    g, x = g.reshape(len(x), groups, -1), x.reshape(len(x), groups, -1)
    mean = lambda v: v.mean(axis=-1, keepdims=True)
    r = 1 / np.sqrt(mean((x - mean(x)) ** 2))
    hat = (x - mean(x)) * r
    return (r * (g - mean(g) - hat * mean(g * hat))).reshape(shape)
