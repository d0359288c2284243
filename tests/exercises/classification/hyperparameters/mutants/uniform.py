# fails: test_chances
# says: all as likely
# kind: input-independent
from solution import *


def chances(ei, distance, beta, alpha):
    return np.full(len(ei), 1 / len(ei))
