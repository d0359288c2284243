# fails: test_predict
# kind: input-independent
import numpy as np
from solution import *


def predict(x, y, x_new, seed):
    return np.zeros(len(x_new))
