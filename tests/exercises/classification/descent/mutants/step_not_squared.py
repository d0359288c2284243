# fails: test_sgd_terms
# says: (b) with the step, not its square
from solution import *


def sgd_terms(gradients, alpha, L):
    mean, square = gradients.mean(axis=0), np.mean(np.sum(gradients ** 2, axis=1))
    return alpha * mean @ mean, alpha * L / 2 * square
