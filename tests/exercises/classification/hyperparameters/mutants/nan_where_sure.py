# fails: test_improvement
# says: not a number where the deviation is 0
from solution import *


def improvement(mean, std, best):
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (best - mean) / std
        return std * (u * ndtr(u) + normal_density(u))
