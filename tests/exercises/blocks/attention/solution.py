import numpy as np


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(q, k, v):
    alpha = softmax(q @ k.T)
    return alpha, alpha @ v


def attention_backward(g, q, k, v):
    alpha = softmax(q @ k.T)
    by_alpha = g @ v.T
    by_s = alpha * (by_alpha - np.sum(alpha * by_alpha, axis=1, keepdims=True))
    return by_s @ k, by_s.T @ q, alpha.T @ g


def causal_attention(q, k, v):
    return softmax(np.where(np.tri(len(q), dtype=bool), q @ k.T, -np.inf)) @ v


def entropy_slope(s, beta):
    alpha = softmax(beta * s)
    mean = np.sum(alpha * s, axis=1, keepdims=True)
    return -beta * np.sum(alpha * (s - mean) ** 2, axis=1)


def alibi(q, k, v):
    K, N, _ = q.shape
    slopes = 2.0 ** (-8 * np.arange(1, K + 1) / K)
    distance = np.arange(N)[:, None] - np.arange(N)
    s = q @ np.swapaxes(k, 1, 2) - slopes[:, None, None] * distance
    return softmax(np.where(distance >= 0, s, -np.inf)) @ v


def phi(a):
    return np.where(a > 0, a + 1, np.exp(np.minimum(a, 0)))


def linear_attention(q, k, v):
    q, k = phi(q), phi(k)
    tables, totals = np.cumsum(k[:, :, None] * v[:, None, :], axis=0), np.cumsum(k, axis=0)
    return np.einsum("nd,ndm->nm", q, tables) / np.sum(q * totals, axis=1)[:, None]


def induction_head(symbols, length):
    S, T = symbols, length
    n = 3 * S + T
    symbol, place, third, fourth = np.split(np.eye(n), [S, S + T, 2 * S + T], axis=1)
    Q1, K1, V1 = 100 * place @ np.eye(T, k=-1), place, symbol @ third.T
    latest = place @ np.arange(T)[:, None]
    Q2 = np.concatenate([100 * T * symbol, 10 * place.sum(axis=1, keepdims=True)], axis=1)
    K2 = np.concatenate([third, latest], axis=1)
    return Q1, K1, V1, Q2, K2, symbol @ fourth.T
