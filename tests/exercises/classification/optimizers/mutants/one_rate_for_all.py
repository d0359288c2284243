# fails: test_adagrad_step
# says: one sum of squares for all parameters
from solution import *


def adagrad_step(theta, g, s, lr, eps):
    s = s + g ** 2
    return theta - lr * g / (np.sqrt(s.sum()) + eps), s
