# fails: test_adjusted_difference
import numpy as np
from solution import *
from solution import adjusted_difference as right


def adjusted_difference(counts):
    share = counts[:, :, 1] / counts.sum(axis=2)
    return right(counts)[0], float(np.mean(share[:, 1] - share[:, 0]))          # every group counts the same
