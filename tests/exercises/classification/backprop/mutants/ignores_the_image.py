# fails: test_disguised_digits_are_close_and_fool_the_network
from solution import *
from solution import disguise as right


def disguise(theta, x, wanted):
    return right(theta, np.full(64, 0.3), wanted)
