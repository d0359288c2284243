# fails: test_two_layer_backward
from solution import *
from solution import two_layer_backward as right


def two_layer_backward(theta, x, g):
    return right(theta, x, -g)
