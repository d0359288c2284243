# fails: test_mutual_information
import numpy as np
from solution import *


def mutual_information(joint):
    return float(-np.sum(joint * np.log(np.where(joint > 0, joint, 1))))
