# fails: test_smoothed
from solution import *


def smoothed(counts, alpha):
    weights = counts + alpha                        # the mean of the posterior, not where it is highest
    return weights / weights.sum(axis=-1, keepdims=True)
