# fails: test_best_weights
# says: weights whose sum is not 1
from solution import *


def best_weights(C):
    return np.linalg.solve(C, np.ones(len(C)))
