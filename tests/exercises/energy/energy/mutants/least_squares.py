# fails: test_heavy_tail_fit
# says: ordinary least squares, which wild points move
from solution import *


def heavy_tail_fit(x, y, nu):
    return np.linalg.lstsq(x, y, rcond=None)[0]
