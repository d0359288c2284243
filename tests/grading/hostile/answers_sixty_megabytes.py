# tier: process
# says: shape
import numpy as np


def double(x):
    return np.ones(60 << 20, np.int8)


def apply(f, x):
    return np.ones(60 << 20, bool)
