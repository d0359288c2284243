# fails: test_entropy_slope
import numpy as np
from solution import *


def entropy_slope(energies, beta):
    return -beta * np.var(energies, axis=1)         # every category counts the same
