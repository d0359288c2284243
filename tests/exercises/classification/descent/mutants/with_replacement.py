# fails: test_minibatch_noise
# says: the variance of a batch drawn with replacement
from solution import *


def minibatch_noise(gradients, size):
    mean = gradients.mean(axis=0)
    return mean @ mean + np.mean(np.sum((gradients - mean) ** 2, axis=1)) / size
