# fails: test_soft_margin_gradient
from solution import *
from solution import soft_margin_gradient as right


def soft_margin_gradient(W, b, x, y, m, gamma):
    gW, gb = right(W, b, x, y, m, gamma)
    return -gW, -gb
