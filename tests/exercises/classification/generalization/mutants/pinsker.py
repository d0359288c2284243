# fails: test_largest_risk
# says: Pinsker's square root, (2.114), which is above it
from solution import *


def largest_risk(q, c):
    return np.minimum(q + np.sqrt(c / 2), 1)
