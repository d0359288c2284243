# fails: test_dependence
from solution import *


def dependence(x, y):
    return 0.3
