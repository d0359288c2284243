# fails: test_second_order
import numpy as np
from solution import *


def second_order(x, size):
    table = fit_transition(x.reshape(1, -1), size, 0.3)
    return np.broadcast_to(table, (size, size, size)).copy()
