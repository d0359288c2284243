# fails: test_complete_digits
import numpy as np
from solution import *


def complete_digits(x, y, torn):
    distance = np.sum((torn[:, None, :32] - x[None, :, :32]) ** 2, axis=2)
    return np.hstack([torn[:, :32], x[distance.argmin(axis=1), 32:]])
