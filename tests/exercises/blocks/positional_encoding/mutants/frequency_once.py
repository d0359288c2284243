# fails: test_score_slopes
# says: the second derivative has the frequency once, not squared
from solution import *

twice = score_slopes


def score_slopes(q, k, i, j, L):
    n = len(q)
    omega = L ** (-np.arange(0, n, 2) / n)
    return twice(q, k, i, j, L)[0], twice(q / np.repeat(omega, 2), k, i, j, L)[1]
