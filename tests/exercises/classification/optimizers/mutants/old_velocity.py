# fails: test_momentum_step
# says: the step takes the velocity before this gradient
from solution import *


def momentum_step(theta, g, u, lr, mu):
    return theta - lr * u, mu * u + g
