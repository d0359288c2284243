# fails: test_second_order
import numpy as np
from solution import *


def second_order(x, size):
    counts = np.full((size, size, size), 200.0)             # so much smoothing that little is left of the counts
    np.add.at(counts, (x[:-2], x[1:-1], x[2:]), 1)
    return counts / counts.sum(axis=2, keepdims=True)
