# fails: test_tuned_ridge
# says: always the largest price
# kind: input-independent
from solution import *


def tuned_ridge(x, y, x_val, y_val, prices):
    return 1e9, np.zeros(x.shape[1])
