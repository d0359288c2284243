# fails: test_cross_entropy
import numpy as np
from solution import *


def cross_entropy(energies, y):
    return -np.log(softmax(energies, 1.0)[np.arange(len(y)), y] + 1e-12)
