# fails: test_sparsemax
import numpy as np
from solution import *


def sparsemax(energies):
    p = np.maximum(0, 1 - (energies - energies.min(axis=1, keepdims=True)))
    return p / p.sum(axis=1, keepdims=True)
