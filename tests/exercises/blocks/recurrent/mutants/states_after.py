# fails: test_through_time
# says: the state after the step stands in the place of that before it
from solution import *


def through_time(g, x, h, W, b):
    n, after = x.shape[1], states(x, h, W, b)
    by_W, by_b, carried = np.zeros_like(W), np.zeros_like(b), np.zeros_like(h)
    for t in reversed(range(len(x))):
        a = (g[t] + carried) * (1 - after[t] ** 2)
        by_W += np.outer(np.concatenate([x[t], after[t]]), a)
        by_b += a
        carried = W[n:] @ a
    return by_W, by_b, carried
