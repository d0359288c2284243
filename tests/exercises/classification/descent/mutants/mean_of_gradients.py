# fails: test_stochastic_gradients
# says: each example's gradient is divided by N, as for the mean
from solution import *


def stochastic_gradients(theta, x, y):
    return (x @ theta - y)[:, None] * x / len(x)
