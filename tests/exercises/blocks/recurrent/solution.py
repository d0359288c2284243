import numpy as np


def sigma(a):
    return 1 / (1 + np.exp(-a))


def gru_step(x, h, W, U, b):
    m = len(h)
    gates = sigma(x @ W[:, :2 * m] + h @ U[:, :2 * m] + b[:2 * m])
    r, u = gates[:m], gates[m:]
    return u * h + (1 - u) * np.tanh(x @ W[:, 2 * m:] + (r * h) @ U[:, 2 * m:] + b[2 * m:])


def states(x, h, W, b):
    found = []
    for x_t in x:
        h = np.tanh(np.concatenate([x_t, h]) @ W + b)
        found.append(h)
    return np.array(found)


def through_time(g, x, h, W, b):
    n, after = x.shape[1], states(x, h, W, b)
    past = [h, *after[:-1]]
    by_W, by_b, carried = np.zeros_like(W), np.zeros_like(b), np.zeros_like(h)
    for t in reversed(range(len(x))):
        a = (g[t] + carried) * (1 - after[t] ** 2)
        by_W += np.outer(np.concatenate([x[t], past[t]]), a)
        by_b += a
        carried = W[n:] @ a
    return by_W, by_b, carried


def best_gate(k):
    u = k / (1 + k)
    return u, u ** k / (1 + k)


def exactly_k_back(g, x, h, W, b, k):
    n, after, by_W = x.shape[1], states(x, h, W, b), np.zeros_like(W)
    past = [h, *after[:-1]]
    for t in range(len(x)):
        d = g[t]
        for s in range(t, max(t - k, -1), -1):
            a = d * (1 - after[s] ** 2)
            by_W += np.outer(np.concatenate([x[s], past[s]]), a)
            d = W[n:] @ a
    return by_W


def peephole_lstm(x, h, c, W, U, P, b):
    hs, cs = [], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h @ U + b, 4)
        c = sigma(f + P[1] * c) * c + sigma(i + P[0] * c) * np.tanh(g)
        h = sigma(o + P[2] * c) * np.tanh(c)
        hs.append(h)
        cs.append(c)
    return np.array(hs), np.array(cs)


def parity_block(zero, one):
    K = 20.0
    W = K * np.array([[1 / (one - zero)] * 2, [0.5, 0.5], [-0.5, -0.5]])
    b = K * (np.array([-0.5, -1.5]) - zero / (one - zero))
    return W, b, -np.ones(2), np.array([0.5, -0.5]), -0.5
