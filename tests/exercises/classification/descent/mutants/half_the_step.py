# fails: test_best_noisy_step
# says: a factor 2: the derivative of the square was forgotten
from solution import *


def best_noisy_step(gradients, L):
    mean, square = gradients.mean(axis=0), np.mean(np.sum(gradients ** 2, axis=1))
    return 2 * mean @ mean / (L * square)
