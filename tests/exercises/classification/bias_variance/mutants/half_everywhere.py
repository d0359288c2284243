# fails: test_vote_error
# says: one half, whoever voted
# kind: input-independent
from solution import *


def vote_error(predictions, p):
    return np.full(len(p), 0.5)
