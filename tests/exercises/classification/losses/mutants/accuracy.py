# fails: test_error_rate
import numpy as np
from solution import *


def error_rate(energies, y):
    return float(np.mean(np.argmin(energies, axis=1) == y))
