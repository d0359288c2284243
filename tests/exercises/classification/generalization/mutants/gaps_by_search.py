# fails: test_unequal_gaps
# says: the best of a thousand gaps that were tried: some digits, and nothing derived
# kind: numerical
from solution import *


def unequal_gaps(n, delta, weights):
    tried = np.linspace(0, 2, 1000)
    return np.array([tried[np.argmax(2 * np.exp(-2 * n * tried ** 2) <= delta * w)] for w in weights])
