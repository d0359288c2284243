# fails: test_cross_entropy
from solution import *
from solution import cross_entropy as right


def cross_entropy(energies, y):
    return right(-energies, y)
