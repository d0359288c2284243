# fails: test_vote_error
# says: a tie is called -1
from solution import *


def vote_error(predictions, p):
    return np.where(predictions.sum(axis=0) > 0, 1 - p, p)
