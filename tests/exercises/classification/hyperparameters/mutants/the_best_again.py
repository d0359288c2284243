# fails: test_next_trial
# says: the best one so far, once more
from solution import *


def next_trial(tried, risks, seed):
    return tried[np.argmin(risks)].copy()
