# fails: test_densest
# says: a share of the points, not of the mass
from solution import *


def densest(density, level):
    return density >= np.quantile(density, 1 - level)
