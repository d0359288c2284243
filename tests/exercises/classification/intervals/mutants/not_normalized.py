# fails: test_densest
# says: as if the density had a sum of 1
from solution import *


def densest(density, level):
    order = np.argsort(-density)
    inside = np.zeros(len(density), dtype=bool)
    inside[order[:np.searchsorted(np.cumsum(density[order]), level) + 1]] = True
    return inside
