# fails: test_group_norm_backward
# says: all features are one group
from solution import *


def group_norm_backward(g, x, groups, eps):
    mean = lambda v: v.mean(axis=-1, keepdims=True)
    r = 1 / np.sqrt(mean((x - mean(x)) ** 2) + eps)
    hat = (x - mean(x)) * r
    return r * (g - mean(g) - hat * mean(g * hat))
