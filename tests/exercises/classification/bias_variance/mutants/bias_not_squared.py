# fails: test_label_terms
# says: the difference of the means, not its square
from solution import *


def label_terms(predictions, p):
    mu, guessed = 2 * p - 1, predictions.mean(axis=0)
    return 1 - mu ** 2, predictions.var(axis=0), mu - guessed
