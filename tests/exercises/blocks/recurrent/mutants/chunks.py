# fails: test_exactly_k_back
# says: chunks of k steps, as in the package
from solution import *


def exactly_k_back(g, x, h, W, b, k):
    n, after, by_W, carried = x.shape[1], states(x, h, W, b), np.zeros_like(W), np.zeros_like(h)
    past = [h, *after[:-1]]
    for t in reversed(range(len(x))):
        a = (g[t] + carried) * (1 - after[t] ** 2)
        by_W += np.outer(np.concatenate([x[t], past[t]]), a)
        carried = W[n:] @ a if t % k else np.zeros_like(h)
    return by_W
