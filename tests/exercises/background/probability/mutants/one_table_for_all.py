# fails: test_paradox
from solution import *
from solution import paradox as right


def paradox(gap):
    return right(0.06)
