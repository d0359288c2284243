# fails: test_difference_interval
# says: the second less the first
from solution import *


def difference_interval(first, second, z):
    d = second - first
    half = z * np.sqrt(np.var(d) / len(d))
    return d.mean() - half, d.mean() + half
