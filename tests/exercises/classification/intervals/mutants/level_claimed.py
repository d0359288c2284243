# fails: test_how_often
# says: what is usually claimed: 95 %
# kind: input-independent
from solution import *


def how_often(lower, upper, p):
    return 0.95
