# fails: test_covariance
import numpy as np
from solution import *


def covariance(joint, x, y):
    x = x - joint.sum(axis=1) @ x
    y = y - joint.sum(axis=0) @ y
    n = min(len(x), len(y))                         # (V-21) as it is printed
    return np.einsum("ka,kb,k->ab", x[:n], y[:n], np.diag(joint)[:n])
