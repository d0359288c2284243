import math

import numpy as np


def sinusoidal_table(positions, n, L):
    d = np.arange(n)
    angle = positions[:, None] / L ** ((d - d % 2) / n)
    return np.where(d % 2 == 0, np.sin(angle), np.cos(angle))


def rotate_pairs(x, positions, L):
    n = x.shape[1]
    angle = positions[:, None] * L ** (-np.arange(0, n, 2) / n)
    cos, sin, a, b = np.cos(angle), np.sin(angle), x[:, 0::2], x[:, 1::2]
    return np.stack([cos * a - sin * b, sin * a + cos * b], axis=-1).reshape(x.shape)


def score_terms(x, e, W_q, W_k):
    part = lambda a, b: (a @ W_q.T) @ (b @ W_k.T).T
    return part(x, x), part(e, x), part(x, e), part(e, e)


def score_slopes(q, k, i, j, L):
    n = len(q)
    omega = L ** (-np.arange(0, n, 2) / n)
    angle = (j - i) * omega
    same = q[0::2] * k[0::2] + q[1::2] * k[1::2]
    cross = q[1::2] * k[0::2] - q[0::2] * k[1::2]
    first = np.sum(omega * (-same * np.sin(angle) + cross * np.cos(angle)))
    second = -np.sum(omega ** 2 * (same * np.cos(angle) + cross * np.sin(angle)))
    return float(first), float(second)


def smallest_base(n, T):
    return max(1.0, ((T - 1) / math.pi) ** (n / (n - 2)))


def grid_rotation(x, rows, columns, L):
    half = x.shape[1] // 2
    return np.concatenate([rotate_pairs(x[:, :half], rows, L), rotate_pairs(x[:, half:], columns, L)], axis=1)


def bias_backward(g):
    T = len(g)
    return np.array([np.trace(g, offset=r) for r in range(1 - T, T)])


def own_frequencies(K, T):
    return (np.arange(K) + 0.5) * math.pi / T
