# fails: test_sgd_terms test_best_noisy_step
# says: the trace of the covariance, which is the mean square at the minimum only
from solution import *


def sgd_terms(gradients, alpha, L):
    mean = gradients.mean(axis=0)
    return alpha * mean @ mean, alpha ** 2 * L / 2 * np.mean(np.sum((gradients - mean) ** 2, axis=1))


def best_noisy_step(gradients, L):
    mean = gradients.mean(axis=0)
    return mean @ mean / (L * (np.mean(np.sum((gradients - mean) ** 2, axis=1)) + 1e-300))
