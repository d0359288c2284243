# fails: test_sgd_terms
# says: (b) with the squared mean gradient, in place of the mean square
from solution import *


def sgd_terms(gradients, alpha, L):
    mean = gradients.mean(axis=0)
    return alpha * mean @ mean, alpha ** 2 * L / 2 * mean @ mean
