# fails: test_best_size
# says: the least error on the training set: always one neighbor, itself
from solution import *


def best_size(x, y):
    order = np.argsort(np.abs(x - x.T), axis=1)
    ks = np.arange(1, 120, 2)
    votes = np.cumsum(y[order], axis=1)[:, ks - 1]
    return int(ks[np.argmin(np.mean(np.sign(votes) != y[:, None], axis=0))])
