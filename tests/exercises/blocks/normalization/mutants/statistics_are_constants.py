# fails: test_batch_norm_backward
# says: the mean and the deviation are taken for constants
from solution import *


def batch_norm_backward(g, x, m, s):
    hat, u = (x - x.mean(axis=0)) / x.std(axis=0), g * np.exp(s)
    return u / x.std(axis=0), g.sum(axis=0), (u * hat).sum(axis=0)
