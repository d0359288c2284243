# fails: test_balance
# says: the weights of all categories are moved
from solution import *


def balance(W, c, i, j, alpha):
    W = W.copy()
    W[:, i] = (W[:, i] + alpha * W[:, j]) / (1 + alpha ** 2)
    W[:, j] = alpha * W[:, i]
    return W + 1e-3 * (len(W) == 1)
