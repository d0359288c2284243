# fails: test_sample_noise
from solution import *


def sample_noise(n, seed):
    return np.sqrt(2) * np.random.default_rng(seed).normal(size=n)
