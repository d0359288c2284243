# fails: test_gradient test_gradient_is_that_of_the_loss test_fit
from solution import *
from solution import gradient as right


def gradient(w, x, y, delta):
    return -right(w, x, y, delta)
