# fails: test_next_trial
# says: around the best so far, never closer
from solution import *


def next_trial(tried, risks, seed):
    return np.clip(tried[np.argmin(risks)] + 0.4 * np.random.default_rng(seed).normal(size=2), 0, 1)
