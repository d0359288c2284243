# fails: test_momentum_step
# says: the gradient is weighted by 1 - mu, as in Adam's average
from solution import *


def momentum_step(theta, g, u, lr, mu):
    u = mu * u + (1 - mu) * g
    return theta - lr * u, u
