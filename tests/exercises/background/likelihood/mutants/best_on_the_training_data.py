# fails: test_predict
import numpy as np
from solution import *


def predict(x, y, x_new, seed):
    w = np.linalg.lstsq(np.polynomial.legendre.legvander(x, 40), y, rcond=None)[0]
    return np.polynomial.legendre.legvander(x_new, 40) @ w
