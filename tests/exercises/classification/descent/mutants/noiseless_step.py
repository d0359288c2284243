# fails: test_best_noisy_step
# says: 1/L, the best step without noise
from solution import *


def best_noisy_step(gradients, L):
    return 1 / L
