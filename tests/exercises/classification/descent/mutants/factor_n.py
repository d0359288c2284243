# fails: test_minibatch_noise
# says: N in place of N - 1 in the correction
from solution import *


def minibatch_noise(gradients, size):
    n, mean = len(gradients), gradients.mean(axis=0)
    return mean @ mean + np.mean(np.sum((gradients - mean) ** 2, axis=1)) / size * (n - size) / n
