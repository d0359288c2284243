# fails: test_probability_of_improvement
# says: the margin is not looked at
from solution import *


def probability_of_improvement(mean, std, best, margin):
    u = (best - mean) / std
    return ndtr(u), -normal_density(u) / std, -u * normal_density(u) / std
