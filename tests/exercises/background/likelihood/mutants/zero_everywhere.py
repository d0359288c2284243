# fails: test_predict
import numpy as np
from solution import *


def predict(x, y, x_new, seed):
    return np.zeros(len(x_new))
