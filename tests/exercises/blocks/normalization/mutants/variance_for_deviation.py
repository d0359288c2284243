# fails: test_fold
# says: divides by the variance
from solution import *


def fold(U, c, m, s, mean, variance, eps):
    gain = np.exp(s) / (variance + eps)
    return U * gain, m + gain * (c - mean)
