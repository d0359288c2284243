# fails: test_score_slopes
# says: the derivative in the query's position, of the opposite sign
from solution import *

in_the_key = score_slopes


def score_slopes(q, k, i, j, L):
    first, second = in_the_key(q, k, i, j, L)
    return -first, second
