# fails: test_hidden_gradient test_two_layer_backward
from solution import *
from solution import hidden_gradient as right, two_layer_backward as whole


def hidden_gradient(U, c, x, h_hat):
    return tuple(g / len(x) for g in right(U, c, x, h_hat))


def two_layer_backward(theta, x, g):
    return {name: gradient / len(x) for name, gradient in whole(theta, x, g).items()}
