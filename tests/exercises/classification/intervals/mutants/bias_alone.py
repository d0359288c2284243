# fails: test_bca
# says: corrected for bias, not for skewness
from solution import *


def bca(resampled, estimate, jackknife, level):
    z0 = ndtri((np.mean(resampled < estimate) + np.mean(resampled <= estimate)) / 2)
    return tuple(np.quantile(resampled, ndtr(2 * z0 + ndtri([(1 - level) / 2, (1 + level) / 2]))))
