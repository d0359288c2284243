# fails: test_fold
# says: the bias isn't scaled
from solution import *


def fold(U, c, m, s, mean, variance, eps):
    gain = np.exp(s) / np.sqrt(variance + eps)
    return U * gain, m + c - gain * mean
