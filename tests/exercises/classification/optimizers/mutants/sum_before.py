# fails: test_adagrad_step
# says: the sum of squares lacks this gradient's
from solution import *


def adagrad_step(theta, g, s, lr, eps):
    return theta - lr * g / (np.sqrt(s) + eps), s + g ** 2
