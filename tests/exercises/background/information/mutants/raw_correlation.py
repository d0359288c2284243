# fails: test_dependence
import numpy as np
from solution import *


def dependence(x, y):
    rho = np.corrcoef(x, y)[0, 1]
    return float(-0.5 * np.log(1 - rho ** 2))
