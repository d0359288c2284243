# fails: test_best_weights
# says: weights by the variances alone, without the correlations
from solution import *


def best_weights(C):
    w = 1 / np.diag(C)
    return w / w.sum()
