# fails: test_improvement
# says: improvement upwards
from solution import *


def improvement(mean, std, best):
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (mean - best) / std
        return np.where(std > 0, std * (u * ndtr(u) + normal_density(u)), np.maximum(0, mean - best))
