# fails: test_densest
# says: what lies between two tails
from solution import *


def densest(density, level):
    mass = np.cumsum(density) / density.sum()
    return (mass > (1 - level) / 2) & (mass < (1 + level) / 2)
