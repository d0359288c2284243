# fails: test_hidden_gradient
from solution import *


def hidden_gradient(U, c, x, h_hat):
    h = np.tanh(x @ U + c)
    error = (h - h_hat) * (1 - np.tanh(h) ** 2)
    return x.T @ error, error.sum(axis=0)
