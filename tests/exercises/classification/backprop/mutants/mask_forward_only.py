# fails: test_dropout_step
from solution import *


def dropout_step(theta, x, y, mask, rate, lr):
    W, b, U, c = theta["W"], theta["b"], theta["U"], theta["c"]
    a = x @ U + c
    h = np.maximum(a, 0) * mask / (1 - rate)
    p = np.exp(h @ W.T + b)
    p /= p.sum(axis=1, keepdims=True)
    g = (np.eye(len(b))[y] - p) / len(x)
    error = -g @ W * (a > 0)
    gradient = {"W": -g.T @ h, "b": -g.sum(axis=0), "U": x.T @ error, "c": error.sum(axis=0)}
    return {name: theta[name] - lr * gradient[name] for name in theta}
