# fails: test_error_signal test_two_layer_backward
from solution import *


def error_signal(U, c, x, grad_h):
    return grad_h @ U.T


def two_layer_backward(theta, x, g):
    z = np.tanh(x @ theta["V"] + theta["s"])
    h = np.tanh(z @ theta["U"] + theta["c"])
    grad_h = -g @ theta["W"]
    error_h, error_z = grad_h * (1 - h**2), grad_h @ theta["U"].T * (1 - z**2)
    return {"W": -g.T @ h, "b": -g.sum(axis=0), "U": z.T @ error_h, "c": error_h.sum(axis=0),
            "V": x.T @ error_z, "s": error_z.sum(axis=0)}
