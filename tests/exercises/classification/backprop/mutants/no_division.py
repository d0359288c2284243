# fails: test_dropout_step
from solution import *
from solution import dropout_step as right


def dropout_step(theta, x, y, mask, rate, lr):
    return right(theta, x, y, mask, 0.0, lr)
