# fails: test_label_terms
# says: p in the place of the mean label
from solution import *


def label_terms(predictions, p):
    return 1 - (2 * p - 1) ** 2, predictions.var(axis=0), (p - predictions.mean(axis=0)) ** 2
