# fails: test_without_normalization
# says: the biases stay as they were
from solution import *


def without_normalization(U, c, mean, std):
    return U / std[:, None], c.copy()
