# fails: test_fill_in
# says: returns what was given
# kind: input-independent
from solution import *


def fill_in(x, missing, A, b):
    return x
