# fails: test_best_of_many
# says: one half, whatever was seen
# kind: input-independent
from solution import *


def best_of_many(wrong, n, delta):
    return 0, 0.5
