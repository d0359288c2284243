# fails: test_heavy_tail_fit
# says: zeros, whatever the data
# kind: input-independent
from solution import *


def heavy_tail_fit(x, y, nu):
    return np.zeros(x.shape[1])
