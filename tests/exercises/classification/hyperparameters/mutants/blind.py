# fails: test_next_trial
# says: random search
from solution import *


def next_trial(tried, risks, seed):
    return np.random.default_rng(seed).random(2)
