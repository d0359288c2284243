# fails: test_entropy
import numpy as np
from solution import *


def entropy(p):
    return -np.sum(p * np.log(p), axis=1)               # 0 log 0 is not a number
