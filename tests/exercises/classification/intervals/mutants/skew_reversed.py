# fails: test_bca
# says: the acceleration has the wrong sign
from solution import *


def bca(resampled, estimate, jackknife, level):
    z0 = ndtri((np.mean(resampled < estimate) + np.mean(resampled <= estimate)) / 2)
    d = jackknife - jackknife.mean()
    a = np.sum(d ** 3) / (6 * np.sum(d ** 2) ** 1.5)
    z = z0 + ndtri([(1 - level) / 2, (1 + level) / 2])
    return tuple(np.quantile(resampled, ndtr(z0 + z / (1 - a * z))))
