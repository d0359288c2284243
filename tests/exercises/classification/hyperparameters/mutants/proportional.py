# fails: test_chances
# says: proportional to the improvement, not to its exponential
from solution import *


def chances(ei, distance, beta, alpha):
    return ei / ei.sum()
