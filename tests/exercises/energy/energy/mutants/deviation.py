# fails: test_mean_and_variance
# says: the standard deviation
from solution import *


def mean_and_variance(e, p):
    mean = e @ p
    return mean, np.sqrt((e - mean[:, None]) ** 2 @ p)
