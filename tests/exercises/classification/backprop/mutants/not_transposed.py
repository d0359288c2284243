# fails: test_hidden_gradient test_error_signal
from solution import *


def hidden_gradient(U, c, x, h_hat):
    h = np.tanh(x @ U + c)
    error = (h - h_hat) * (1 - h**2)
    return error.T @ x, error.sum(axis=0)


def error_signal(U, c, x, grad_h):
    h = sigmoid(x @ U + c)
    return (grad_h * h * (1 - h)) @ (U if U.shape[0] == U.shape[1] else U.T)
