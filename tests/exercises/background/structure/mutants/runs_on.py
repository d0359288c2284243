# fails: test_fit_transition
from solution import *
from solution import fit_transition as right


def fit_transition(x, size, smoothing):
    return right(x.reshape(1, -1), size, smoothing)         # the end of one sequence leads into the next
