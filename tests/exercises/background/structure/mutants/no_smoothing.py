# fails: test_fit_transition
from solution import *
from solution import fit_transition as right


def fit_transition(x, size, smoothing):
    return right(x, size, 1e-12)
