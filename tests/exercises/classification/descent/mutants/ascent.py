# fails: test_stochastic_gradients
# says: target less prediction: the sign of the step, not of the gradient
from solution import *


def stochastic_gradients(theta, x, y):
    return (y - x @ theta)[:, None] * x
