# fails: test_adagrad_step
# says: the division is by the sum of squares, not by its root
from solution import *


def adagrad_step(theta, g, s, lr, eps):
    s = s + g ** 2
    return theta - lr * g / (s + eps), s
