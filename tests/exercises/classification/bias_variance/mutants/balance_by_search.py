# fails: test_balance
# says: the best of a thousand divisions that were tried
# kind: numerical
from solution import *


def balance(W, c, i, j, alpha):
    W, total = W.copy(), W[c, i] + alpha * W[c, j]
    tried = np.linspace(-5, 5, 1000)
    W[c, j] = tried[np.argmin((total - alpha * tried) ** 2 + tried ** 2)]
    W[c, i] = total - alpha * W[c, j]
    return W
