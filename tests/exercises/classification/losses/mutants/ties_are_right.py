# fails: test_error_rate
import numpy as np
from solution import *


def error_rate(energies, y):
    return float(np.mean(energies[np.arange(len(y)), y] > energies.min(axis=1)))     # a tie counts as right
