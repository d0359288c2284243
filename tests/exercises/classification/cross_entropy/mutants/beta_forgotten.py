# fails: test_entropy_slope
import numpy as np
from solution import *


def entropy_slope(energies, beta):
    p = softmax(energies, beta)
    mean = np.sum(p * energies, axis=1, keepdims=True)
    return -np.sum(p * (energies - mean) ** 2, axis=1)
