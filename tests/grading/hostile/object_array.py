# tier: process
# says: `double` returned an array of dtype object
import numpy as np


def double(x):
    return np.array([None] * 5)
