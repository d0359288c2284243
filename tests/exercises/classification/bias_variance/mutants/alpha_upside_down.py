# fails: test_balance
# says: x_i = alpha x_j, the other way round
from solution import *


def balance(W, c, i, j, alpha):
    W = W.copy()
    W[c, j] = (W[c, j] + alpha * W[c, i]) / (1 + alpha ** 2)
    W[c, i] = alpha * W[c, j]
    return W
