# fails: test_entropy
import numpy as np
from solution import *


def entropy(p):
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=0)
