# fails: test_residual_backward
# says: the way through the sum is missing
from solution import *


def residual_backward(g, x, U, c, scale):
    return layer_backward(scale * g, x, U, c)
