# fails: test_balance
# says: all weight on feature i: the same function, and not the least
from solution import *


def balance(W, c, i, j, alpha):
    W = W.copy()
    W[c, i], W[c, j] = W[c, i] + alpha * W[c, j], 0
    return W
