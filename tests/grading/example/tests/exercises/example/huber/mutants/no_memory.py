# fails: test_momentum test_momentum_refuses_shapes_that_do_not_fit
from solution import *


def momentum(lr, beta):
    return lambda theta, g, v: (theta - lr * g, g)
