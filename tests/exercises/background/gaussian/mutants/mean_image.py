# fails: test_complete_digits
# kind: input-independent
import numpy as np
from solution import *


def complete_digits(x, y, torn):
    return np.where(np.isnan(torn), x.mean(axis=0), torn)
