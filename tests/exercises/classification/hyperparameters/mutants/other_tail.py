# fails: test_probability_of_improvement
# says: the probability of getting worse
from solution import *


def probability_of_improvement(mean, std, best, margin):
    u = (best - margin - mean) / std
    return ndtr(-u), normal_density(u) / std, u * normal_density(u) / std
