# fails: test_dependence
import numpy as np
from solution import *


def dependence(x, y):
    counts, _, _ = np.histogram2d(x, y, bins=10)
    return mutual_information(counts / counts.sum())
