# fails: test_vote_error
# says: how often it is right, not wrong
from solution import *


def vote_error(predictions, p):
    votes = predictions.sum(axis=0)
    return np.where(votes > 0, p, np.where(votes < 0, 1 - p, 0.5))
