# fails: test_fit
from solution import *
from solution import fit as right


def fit(x, y, n_categories, seed):
    W, b = right(x, y, n_categories, seed)
    return 8 * W, 8 * b                             # the same predictions, eight times as sure
