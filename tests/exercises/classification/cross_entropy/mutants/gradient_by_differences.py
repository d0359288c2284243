# fails: test_linear_gradient
import numpy as np
from solution import *


def fit(x, y, n_categories, seed, gradient=linear_gradient):
    W, b = np.zeros((n_categories, x.shape[1])), np.zeros(n_categories)
    for _ in range(300):
        gW, gb = gradient(W, b, x, y)
        W, b = W - 2 * gW, b - 2 * gb
    return W, b


def linear_gradient(W, b, x, y, h=1e-5):
    def loss(W, b):
        return np.mean(cross_entropy(-(x @ W.T + b), y))

    gW, gb = np.zeros_like(W), np.zeros_like(b)
    for i in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[i] = h
        gW[i] = (loss(W + step, b) - loss(W - step, b)) / (2 * h)
    for k in range(len(b)):
        step = h * np.eye(len(b))[k]
        gb[k] = (loss(W, b + step) - loss(W, b - step)) / (2 * h)
    return gW, gb
