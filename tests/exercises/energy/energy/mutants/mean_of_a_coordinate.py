# fails: test_fill_in
# says: b, whatever was observed
from solution import *


def fill_in(x, missing, A, b):
    return np.where(missing, b, x)
