# fails: test_adjusted_difference
from solution import *
from solution import adjusted_difference as right


def adjusted_difference(counts):
    plain, adjusted = right(counts)
    return -plain, -adjusted
