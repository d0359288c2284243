# fails: test_own_frequencies
# says: powers of L = 10000
from solution import *


def own_frequencies(K, T):
    return 10000.0 ** (-np.arange(K) / K)
