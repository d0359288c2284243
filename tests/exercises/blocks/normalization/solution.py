import numpy as np


def inputs_condition(x):
    z = np.column_stack([x, np.ones(len(x))])
    values = np.linalg.eigvalsh(z.T @ z / len(x))
    return float(values[-1] / values[0])


def whiten(train, new):
    mean = train.mean(axis=0)
    variances, axes = np.linalg.eigh((train - mean).T @ (train - mean) / len(train))
    return (new - mean) @ (axes / np.sqrt(variances)) @ axes.T


def batch_norm_backward(g, x, m, s):
    hat, u = (x - x.mean(axis=0)) / x.std(axis=0), g * np.exp(s)
    by_x = (u - u.mean(axis=0) - hat * (hat * u).mean(axis=0)) / x.std(axis=0)
    return by_x, g.sum(axis=0), (u * hat).sum(axis=0)


def group_norm_backward(g, x, groups, eps):
    shape = x.shape
    g, x = g.reshape(len(x), groups, -1), x.reshape(len(x), groups, -1)
    mean = lambda v: v.mean(axis=-1, keepdims=True)
    r = 1 / np.sqrt(mean((x - mean(x)) ** 2) + eps)
    hat = (x - mean(x)) * r
    return (r * (g - mean(g) - hat * mean(g * hat))).reshape(shape)


def fold(U, c, m, s, mean, variance, eps):
    gain = np.exp(s) / np.sqrt(variance + eps)
    return U * gain, m + gain * (c - mean)


def spectral_normalize(U, v, steps):
    v = v / np.linalg.norm(v)
    for _ in range(steps):
        v = U.T @ (U @ v)
        v = v / np.linalg.norm(v)
    return U / np.linalg.norm(U @ v)


def kappa(H, d):
    values = np.linalg.eigvalsh(H * np.outer(d, d))
    return values[-1] / max(values[0], 1e-300)


def scales(H):
    rng, d, size = np.random.default_rng(0), 1 / np.sqrt(np.diag(H)), 0.3
    best = kappa(H, d)
    for _ in range(20000):
        if best <= 20.8:
            break
        other = d * np.exp(size * rng.normal(size=len(d)))
        reached = kappa(H, other)
        if reached < best:
            d, best, size = other, reached, 1.5 * size
        else:
            size = max(0.93 * size, 1e-4)
    return d
