# fails: test_best_of_many
# says: always the first model: an honest bound, of no good one
from solution import *


def best_of_many(wrong, n, delta):
    return 0, exact_bound(int(wrong[0]), n, delta)
