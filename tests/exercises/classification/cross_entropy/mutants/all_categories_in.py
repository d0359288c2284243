# fails: test_sparsemax
import numpy as np
from solution import *


def sparsemax(energies):
    K = energies.shape[1]
    return np.maximum(0, (1 + energies.sum(axis=1, keepdims=True)) / K - energies)     # tau as if none were zero
