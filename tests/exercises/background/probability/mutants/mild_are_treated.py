# fails: test_paradox
from solution import *
from solution import paradox as right


def paradox(gap):
    return right(gap)[::-1, ::-1].copy()            # harms every group, and seems to help
