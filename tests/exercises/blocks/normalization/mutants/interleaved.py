# fails: test_group_norm_backward
# says: groups of every second or third feature, not of neighbors
from solution import *


def group_norm_backward(g, x, groups, eps):
    shape = x.shape
    g, x = (v.reshape(len(v), -1, groups).swapaxes(1, 2) for v in (g, x))
    mean = lambda v: v.mean(axis=-1, keepdims=True)
    r = 1 / np.sqrt(mean((x - mean(x)) ** 2) + eps)
    hat = (x - mean(x)) * r
    return (r * (g - mean(g) - hat * mean(g * hat))).swapaxes(1, 2).reshape(shape)
