# fails: test_smoothed
from solution import *


def smoothed(counts, alpha):
    return (counts + 1) / (counts + 1).sum(axis=-1, keepdims=True)
