# fails: test_best_weights
# says: 1/M for each
# kind: input-independent
from solution import *


def best_weights(C):
    return np.full(len(C), 1 / len(C))
