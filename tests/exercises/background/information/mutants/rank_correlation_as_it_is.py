# fails: test_dependence
import numpy as np
from solution import *


def dependence(x, y):
    rho = np.corrcoef(np.argsort(np.argsort(x)), np.argsort(np.argsort(y)))[0, 1]
    return float(abs(rho))
