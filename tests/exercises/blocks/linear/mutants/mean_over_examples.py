# fails: test_layer_backward
# says: means over the examples, not sums
from solution import *


def layer_backward(g, x, U, c):
    back = g * (1 - np.tanh(x @ U + c) ** 2)
    return x.T @ back / len(x), back.mean(axis=0), back @ U.T


def residual_backward(g, x, U, c, scale):
    back = scale * g * (1 - np.tanh(x @ U + c) ** 2)
    return x.T @ back, back.sum(axis=0), g + back @ U.T
