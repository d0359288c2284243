# fails: test_probability_of_improvement
# says: slopes by differences: some digits, and nothing derived
# kind: numerical
from solution import *


def probability_of_improvement(mean, std, best, margin):
    p = lambda mean, std: ndtr((best - margin - mean) / std)
    return p(mean, std), (p(mean + 1e-4, std) - p(mean, std)) / 1e-4, (p(mean, std + 1e-4) - p(mean, std)) / 1e-4
