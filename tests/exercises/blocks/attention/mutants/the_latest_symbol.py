# fails: test_induction_head
# says: weights that never look at a symbol: the last item's is the answer
# kind: input-independent
from solution import *


def induction_head(symbols, length):
    n = 3 * symbols + length
    V = np.zeros((n, n))
    V[:symbols, n - symbols:] = np.eye(symbols)
    Q = np.zeros((n, 1))
    Q[symbols:symbols + length] = 100
    K = np.zeros((n, 1))
    K[symbols:symbols + length, 0] = np.arange(length)
    return Q, K, np.zeros((n, n)), Q, K, V
