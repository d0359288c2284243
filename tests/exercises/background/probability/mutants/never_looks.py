# fails: test_torn_digits
import numpy as np
from solution import *


def torn_digits(x, y, torn):
    return np.tile(np.bincount(y, minlength=10) / len(y), (len(torn), 1))
