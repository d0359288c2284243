# fails: test_sample_noise
from solution import *
from solution import sample_noise as right


def sample_noise(n, seed):
    return right(n, 0)
