# fails: test_exactly_k_back
# says: k + 1 steps
from solution import *


def exactly_k_back(g, x, h, W, b, k):
    n, after, by_W = x.shape[1], states(x, h, W, b), np.zeros_like(W)
    past = [h, *after[:-1]]
    for t in range(len(x)):
        d = g[t]
        for s in range(t, max(t - k - 1, -1), -1):
            a = d * (1 - after[s] ** 2)
            by_W += np.outer(np.concatenate([x[s], past[s]]), a)
            d = W[n:] @ a
    return by_W
