# fails: test_bca
# says: the plain percentiles, corrected for nothing
from solution import *


def bca(resampled, estimate, jackknife, level):
    return tuple(np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2]))
