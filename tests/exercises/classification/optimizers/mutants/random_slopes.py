# fails: test_hard_stream
# says: random slopes, which Adam learns from as well as SGD
from solution import *


def hard_stream(beta_v, rounds):
    return np.random.default_rng(0).normal(0.3, 0.5, size=rounds).clip(-2, 2)
