# fails: test_fold
# says: s itself as the gain
from solution import *


def fold(U, c, m, s, mean, variance, eps):
    gain = s / np.sqrt(variance + eps)
    return U * gain, m + gain * (c - mean)
