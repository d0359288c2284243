# tier: process
# says: impossible shape
import numpy as np


def double(x):
    return np.empty((0, 2**60), np.int8)


def apply(f, x):
    return [np.empty((2**60, 0), np.int8)]
