# fails: test_entropy_slope
import numpy as np
from solution import *


def entropy_slope(energies, beta, h=1e-5):
    def entropy(beta):
        p = softmax(energies, beta)
        return -np.sum(p * np.log(p), axis=1)

    return (entropy(beta + h) - entropy(beta - h)) / (2 * h)
