# fails: test_score_slopes
# says: central differences, which have not enough digits
# kind: numerical
from solution import *


def score_slopes(q, k, i, j, L):
    score = lambda j: float(np.sum(rotate_pairs(q[None], np.array([i]), L) * rotate_pairs(k[None], np.array([j]), L)))
    first = (score(j + 1e-5) - score(j - 1e-5)) / 2e-5
    second = (score(j + 1e-3) - 2 * score(j) + score(j - 1e-3)) / 1e-6
    return first, second
