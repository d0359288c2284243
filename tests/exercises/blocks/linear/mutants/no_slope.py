# fails: test_layer_backward test_residual_backward
# says: the slope of the tanh is missing
from solution import *


def layer_backward(g, x, U, c):
    return x.T @ g, g.sum(axis=0), g @ U.T


def residual_backward(g, x, U, c, scale):
    by_U, by_c, by_x = layer_backward(scale * g, x, U, c)
    return by_U, by_c, g + by_x
