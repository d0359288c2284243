# fails: test_batch_norm_backward
# says: means over the batch where sums belong
from solution import *


def batch_norm_backward(g, x, m, s):
    hat, u = (x - x.mean(axis=0)) / x.std(axis=0), g * np.exp(s)
    by_x = (u - u.mean(axis=0) - hat * (hat * u).mean(axis=0)) / x.std(axis=0)
    return by_x, g.mean(axis=0), (u * hat).mean(axis=0)
