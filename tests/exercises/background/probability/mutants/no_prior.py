# fails: test_smoothed
from solution import *


def smoothed(counts, alpha):
    return (counts + 1e-12) / (counts + 1e-12).sum(axis=-1, keepdims=True)
