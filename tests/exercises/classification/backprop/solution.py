import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def hidden_gradient(U, c, x, h_hat):
    h = np.tanh(x @ U + c)
    error = (h - h_hat) * (1 - h**2)
    return x.T @ error, error.sum(axis=0)


def error_signal(U, c, x, grad_h):
    h = sigmoid(x @ U + c)
    return (grad_h * h * (1 - h)) @ U.T


def two_layer_backward(theta, x, g):
    z = np.tanh(x @ theta["V"] + theta["s"])
    h = np.tanh(z @ theta["U"] + theta["c"])
    error_h = -g @ theta["W"] * (1 - h**2)
    error_z = error_h @ theta["U"].T * (1 - z**2)
    return {"W": -g.T @ h, "b": -g.sum(axis=0), "U": z.T @ error_h, "c": error_h.sum(axis=0),
            "V": x.T @ error_z, "s": error_z.sum(axis=0)}


def residual_gradient(U, c, z, grad_h):
    a = z @ U + c
    s = sigmoid(a)
    error = grad_h * (s + a * s * (1 - s))
    return z.T @ error, error.sum(axis=0), grad_h + error @ U.T


def dropout_step(theta, x, y, mask, rate, lr):
    W, b, U, c = theta["W"], theta["b"], theta["U"], theta["c"]
    a = x @ U + c
    keep = mask / (1 - rate)
    h = np.maximum(a, 0) * keep
    p = np.exp(h @ W.T + b)
    p /= p.sum(axis=1, keepdims=True)
    g = (np.eye(len(b))[y] - p) / len(x)
    error = -g @ W * keep * (a > 0)
    gradient = {"W": -g.T @ h, "b": -g.sum(axis=0), "U": x.T @ error, "c": error.sum(axis=0)}
    return {name: theta[name] - lr * gradient[name] for name in theta}


def disguise(theta, x, wanted):
    for _ in range(400):
        z = np.tanh(x @ theta["V"] + theta["s"])
        h = np.tanh(z @ theta["U"] + theta["c"])
        e = -(theta["W"] @ h + theta["b"])
        if np.argmin(e) == wanted:
            break
        p = np.exp(e.min() - e)
        g = np.eye(10)[wanted] - p / p.sum()
        gradient = theta["V"] @ ((theta["U"] @ (-g @ theta["W"] * (1 - h**2))) * (1 - z**2))
        x = x - 0.05 * gradient / np.linalg.norm(gradient)
    return x
