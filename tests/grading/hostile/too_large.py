# tier: process
# says: `double` returned too much data
import numpy as np


def double(x):
    return np.zeros(10**7)
