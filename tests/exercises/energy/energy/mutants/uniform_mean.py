# fails: test_mean_and_variance
# says: all z count alike
from solution import *


def mean_and_variance(e, p):
    return e.mean(axis=1), e.var(axis=1)
