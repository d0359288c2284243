# fails: test_own_frequencies
# says: all go around whole times in T steps, so the last position is like the first
from solution import *


def own_frequencies(K, T):
    return 2 * math.pi * np.arange(1, K + 1) / T
