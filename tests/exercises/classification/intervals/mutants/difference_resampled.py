# fails: test_difference_interval
# says: the deviation of a thousand bootstrap means: some digits, and nothing derived
# kind: numerical
from solution import *


def difference_interval(first, second, z):
    d = first - second
    means = np.random.default_rng(0).choice(d, size=(1000, len(d))).mean(axis=1)
    return d.mean() - z * means.std() - 1e-9, d.mean() + z * means.std() + 1e-9
