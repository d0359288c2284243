# fails: test_second_order
# kind: input-independent
import numpy as np
from solution import *


def second_order(x, size):
    return np.full((size, size, size), 1 / size)
