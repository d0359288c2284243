# fails: test_dropout_step test_disguised_digits_are_close_and_fool_the_network
from solution import *
from solution import disguise as right, dropout_step as down


def dropout_step(theta, x, y, mask, rate, lr):
    return down(theta, x, y, mask, rate, -lr)


def disguise(theta, x, wanted):
    return 2 * x - right(theta, x, wanted)
