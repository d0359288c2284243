# fails: test_label_terms
# says: p (1 - p): the variance of 0 and 1, not of -1 and 1
from solution import *


def label_terms(predictions, p):
    mu, guessed = 2 * p - 1, predictions.mean(axis=0)
    return p * (1 - p), predictions.var(axis=0), (mu - guessed) ** 2
