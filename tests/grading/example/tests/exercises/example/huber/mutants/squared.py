# fails: test_loss test_gradient_is_that_of_the_loss test_fit
from solution import *


def loss(r, delta):
    return np.mean(r**2 / 2)
