# fails: test_without_normalization
# says: the mean is not divided by the deviation
from solution import *


def without_normalization(U, c, mean, std):
    return U / std[:, None], c - mean @ U
