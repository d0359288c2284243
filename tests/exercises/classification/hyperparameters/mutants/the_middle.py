# fails: test_next_trial
# says: the middle of the square, whatever was seen
# kind: input-independent
from solution import *


def next_trial(tried, risks, seed):
    return np.full(2, 0.5)
