# fails: test_difference_interval
# says: two variances added, as if the test sets were different
from solution import *


def difference_interval(first, second, z):
    half = z * np.sqrt((first.var() + second.var()) / len(first))
    d = first.mean() - second.mean()
    return d - half, d + half
