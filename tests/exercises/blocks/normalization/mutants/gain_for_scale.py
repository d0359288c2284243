# fails: test_batch_norm_backward
# says: the gradient in the gain, not in its logarithm s
from solution import *


def batch_norm_backward(g, x, m, s):
    by_x, by_m, _ = _passes(g, x, s)
    return by_x, by_m, (g * (x - x.mean(axis=0)) / x.std(axis=0)).sum(axis=0)


def _passes(g, x, s):
    hat, u = (x - x.mean(axis=0)) / x.std(axis=0), g * np.exp(s)
    return (u - u.mean(axis=0) - hat * (hat * u).mean(axis=0)) / x.std(axis=0), g.sum(axis=0), (u * hat).sum(axis=0)
