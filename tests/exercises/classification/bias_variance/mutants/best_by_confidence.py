# fails: test_best_size
# says: the size whose votes are clearest, right or wrong
from solution import *


def best_size(x, y):
    order = np.argsort(np.abs(x - x.T), axis=1)[:, 1:]
    ks = np.arange(1, 120, 2)
    votes = np.cumsum(y[order], axis=1)[:, ks - 1] / ks
    return int(ks[np.argmax(np.mean(np.abs(votes), axis=0))])
