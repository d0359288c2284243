# fails: test_group_norm_backward
# says: eps is added to the deviation, not to the variance
from solution import *


def group_norm_backward(g, x, groups, eps):
    shape = x.shape
    g, x = g.reshape(len(x), groups, -1), x.reshape(len(x), groups, -1)
    mean = lambda v: v.mean(axis=-1, keepdims=True)
    r = 1 / (np.sqrt(mean((x - mean(x)) ** 2)) + eps)
    hat = (x - mean(x)) * r
    return (r * (g - mean(g) - hat * mean(g * hat))).reshape(shape)
