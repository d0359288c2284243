# fails: test_linear_gradient test_fit
from solution import *
from solution import linear_gradient as right


def linear_gradient(W, b, x, y):
    gW, gb = right(W, b, x, y)
    return -gW, -gb
