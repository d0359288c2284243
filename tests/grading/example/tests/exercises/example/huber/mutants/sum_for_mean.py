# fails: test_loss test_gradient_is_that_of_the_loss test_fit
from solution import *
from solution import loss as right


def loss(r, delta):
    return right(r, delta) * len(r)
