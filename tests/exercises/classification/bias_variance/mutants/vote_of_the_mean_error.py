# fails: test_vote_error
# says: the mean error of single models, not the error of their vote
from solution import *


def vote_error(predictions, p):
    return np.mean(np.where(predictions > 0, 1 - p, p), axis=0)
