# fails: test_densest
# says: one point too few: less than the level
from solution import *


def densest(density, level):
    order = np.argsort(-density)
    inside = np.zeros(len(density), dtype=bool)
    inside[order[:np.searchsorted(np.cumsum(density[order]), level * density.sum())]] = True
    return inside
