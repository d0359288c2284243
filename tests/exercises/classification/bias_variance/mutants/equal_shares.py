# fails: test_balance
# says: two equal weights
from solution import *


def balance(W, c, i, j, alpha):
    W = W.copy()
    W[c, i] = W[c, j] = (W[c, i] + alpha * W[c, j]) / (1 + alpha)
    return W
