# fails: test_improvement
# says: the part of the density is missing: what is unknown is worth nothing
from solution import *


def improvement(mean, std, best):
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (best - mean) / std
        return np.where(std > 0, std * u * ndtr(u), np.maximum(0, best - mean))
