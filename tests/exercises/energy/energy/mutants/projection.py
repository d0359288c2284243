# fails: test_represent
# says: no price: least squares
from solution import *


def represent(x, W, price):
    return np.linalg.lstsq(W, x.T, rcond=None)[0].T
