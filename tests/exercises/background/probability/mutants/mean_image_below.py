# fails: test_torn_digits
import numpy as np
from solution import *
from solution import torn_digits as right


def torn_digits(x, y, torn):
    return right(x, y, np.where(np.isnan(torn), x.mean(axis=0), torn))          # invents what is lost
