# fails: test_states
# says: h_0 stands among the states, and the last one is missing
from solution import *


def states(x, h, W, b):
    found = []
    for x_t in x:
        h = np.tanh(np.concatenate([x_t, h]) @ W + b)
        found.append(h)
    return np.array([*np.zeros((1, len(b))), *found[:-1]])


def right_states(x, h, W, b):
    found = []
    for x_t in x:
        h = np.tanh(np.concatenate([x_t, h]) @ W + b)
        found.append(h)
    return np.array(found)


def through_time(g, x, h, W, b):
    n, after = x.shape[1], right_states(x, h, W, b)
    past = [h, *after[:-1]]
    by_W, by_b, carried = np.zeros_like(W), np.zeros_like(b), np.zeros_like(h)
    for t in reversed(range(len(x))):
        a = (g[t] + carried) * (1 - after[t] ** 2)
        by_W += np.outer(np.concatenate([x[t], past[t]]), a)
        by_b += a
        carried = W[n:] @ a
    return by_W, by_b, carried


def exactly_k_back(g, x, h, W, b, k):
    n, after, by_W = x.shape[1], right_states(x, h, W, b), np.zeros_like(W)
    past = [h, *after[:-1]]
    for t in range(len(x)):
        d = g[t]
        for s in range(t, max(t - k, -1), -1):
            a = d * (1 - after[s] ** 2)
            by_W += np.outer(np.concatenate([x[s], past[s]]), a)
            d = W[n:] @ a
    return by_W
