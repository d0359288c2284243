# fails: test_difference_interval
# says: the mean square of the differences, without the square of their mean
from solution import *


def difference_interval(first, second, z):
    d = first - second
    half = z * np.sqrt(np.mean(d ** 2) / len(d) + 1e-12)
    return d.mean() - half, d.mean() + half
