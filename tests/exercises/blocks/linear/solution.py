import math

import numpy as np
from scipy.special import ndtr


def layer_backward(g, x, U, c):
    back = g * (1 - np.tanh(x @ U + c) ** 2)
    return x.T @ back, back.sum(axis=0), back @ U.T


def first_weights(n, m, kept, seed):
    return np.random.default_rng(seed).normal(size=(n, m)) / math.sqrt(n * kept)


def residual_backward(g, x, U, c, scale):
    by_U, by_c, by_x = layer_backward(scale * g, x, U, c)
    return by_U, by_c, g + by_x


def gelu_slopes(x):
    phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return ndtr(x) + x * phi, (2 - x * x) * phi


def without_normalization(U, c, mean, std):
    return U / std[:, None], c - (mean / std) @ U


def weights_from_data(x, Us):
    scaled = []
    for U in Us:
        U = U / np.sqrt(np.mean(np.maximum(0, x @ U) ** 2))
        scaled.append(U)
        x = np.maximum(0, x @ U)
    return scaled


def deep_stack(depth, width, seed):
    rng = np.random.default_rng(seed)
    return [1.12 * np.linalg.qr(rng.normal(size=(width, width)))[0] for _ in range(depth)]
