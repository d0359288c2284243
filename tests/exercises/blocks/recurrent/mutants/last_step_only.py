# fails: test_through_time
# says: W and b get the contribution of one step, not of all
from solution import *


def through_time(g, x, h, W, b):
    n, after = x.shape[1], states(x, h, W, b)
    past = [h, *after[:-1]]
    by_W, by_b, carried = np.zeros_like(W), np.zeros_like(b), np.zeros_like(h)
    for t in reversed(range(len(x))):
        a = (g[t] + carried) * (1 - after[t] ** 2)
        by_W = np.outer(np.concatenate([x[t], past[t]]), a)
        by_b = a
        carried = W[n:] @ a
    return by_W, by_b, carried
