# fails: test_disguised_digits_are_close_and_fool_the_network
from solution import *


def disguise(theta, x, wanted):
    v = np.random.default_rng(wanted).normal(size=64)
    return x + 1.2 * v / np.linalg.norm(v)
