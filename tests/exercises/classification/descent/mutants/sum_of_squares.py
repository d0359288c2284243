# fails: test_sgd_terms
# says: the sum over all examples, in place of their mean
from solution import *


def sgd_terms(gradients, alpha, L):
    mean = gradients.mean(axis=0)
    return alpha * mean @ mean, alpha ** 2 * L / 2 * np.sum(gradients ** 2)
