# fails: test_adagrad_step
# says: the step climbs, as the lecture prints it
from solution import *


def adagrad_step(theta, g, s, lr, eps):
    s = s + g ** 2
    return theta + lr * g / (np.sqrt(s) + eps), s
