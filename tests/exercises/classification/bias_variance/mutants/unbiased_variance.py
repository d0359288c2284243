# fails: test_label_terms
# says: divided by M - 1: these are all the models, not a sample
from solution import *


def label_terms(predictions, p):
    mu, guessed = 2 * p - 1, predictions.mean(axis=0)
    with np.errstate(all="ignore"):
        return 1 - mu ** 2, np.sum((predictions - guessed) ** 2, axis=0) / (len(predictions) - 1), (mu - guessed) ** 2
