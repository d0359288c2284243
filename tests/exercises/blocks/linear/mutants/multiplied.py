# fails: test_without_normalization
# says: multiplied by the deviation
from solution import *


def without_normalization(U, c, mean, std):
    return U * std[:, None], c - (mean * std) @ U
