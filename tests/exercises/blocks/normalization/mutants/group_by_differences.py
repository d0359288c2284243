# fails: test_group_norm_backward
# says: central differences: eight digits at best
# kind: numerical
from solution import *


def group_norm(x, groups, eps):
    parts = x.reshape(len(x), groups, -1)
    apart = parts - parts.mean(axis=-1, keepdims=True)
    return (apart / np.sqrt((apart ** 2).mean(axis=-1, keepdims=True) + eps)).reshape(x.shape)


def group_norm_backward(g, x, groups, eps):
    found, h = np.zeros_like(x), 1e-5
    for at in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[at] = h
        found[at] = np.sum(g * (group_norm(x + step, groups, eps) - group_norm(x - step, groups, eps))) / (2 * h)
    return found
