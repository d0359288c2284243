# fails: test_fold
# says: eps is left out
from solution import *


def fold(U, c, m, s, mean, variance, eps):
    gain = np.exp(s) / np.sqrt(variance)
    return U * gain, m + gain * (c - mean)
