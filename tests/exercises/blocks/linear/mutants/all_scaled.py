# fails: test_residual_backward
# says: what came in is scaled, too
from solution import *


def residual_backward(g, x, U, c, scale):
    by_U, by_c, by_x = layer_backward(scale * g, x, U, c)
    return by_U, by_c, scale * g + by_x
