# fails: test_hidden_gradient test_error_signal test_two_layer_backward
from solution import *


def slope(f, p, h=1e-6):
    g = np.zeros(p.shape)
    for index in np.ndindex(p.shape):
        e = np.zeros(p.shape)
        e[index] = h
        g[index] = (f(p + e) - f(p - e)) / (2 * h)
    return g


def hidden_gradient(U, c, x, h_hat):
    f = lambda U, c: 0.5 * np.sum((np.tanh(x @ U + c) - h_hat) ** 2)
    return slope(lambda U: f(U, c), U), slope(lambda c: f(U, c), c)


def error_signal(U, c, x, grad_h):
    return slope(lambda x: np.sum(grad_h * sigmoid(x @ U + c)), x)


def two_layer_backward(theta, x, g):
    def f(theta):
        h = np.tanh(np.tanh(x @ theta["V"] + theta["s"]) @ theta["U"] + theta["c"])
        return -np.sum(g * (h @ theta["W"].T + theta["b"]))
    return {name: slope(lambda p: f(theta | {name: p}), theta[name]) for name in theta}
