# fails: test_own_frequencies
# says: the same spacing whatever the number of positions
# kind: input-independent
from solution import *


def own_frequencies(K, T):
    return (np.arange(K) + 0.5) * math.pi / 450
