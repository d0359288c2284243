# fails: test_stochastic_gradients
# says: a factor 2: the loss has one half in front of the square
from solution import *


def stochastic_gradients(theta, x, y):
    return 2 * (x @ theta - y)[:, None] * x
