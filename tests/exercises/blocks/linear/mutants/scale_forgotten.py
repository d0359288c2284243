# fails: test_residual_backward
# says: the scale is missing
from solution import *


def residual_backward(g, x, U, c, scale):
    by_U, by_c, by_x = layer_backward(g, x, U, c)
    return by_U, by_c, g + by_x
