# fails: test_minibatch_noise
# says: the noise alone: the squared mean is missing
from solution import *


def minibatch_noise(gradients, size):
    n, mean = len(gradients), gradients.mean(axis=0)
    return np.mean(np.sum((gradients - mean) ** 2, axis=1)) / size * (n - size) / (n - 1)
