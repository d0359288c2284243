# fails: test_mutual_information
import numpy as np
from solution import *


def mutual_information(joint):
    given_x = joint / joint.sum(axis=1, keepdims=True)
    return float(np.sum(joint * np.log(np.where(given_x > 0, given_x, 1))))      # -H(y | x): the H(y) is missing
