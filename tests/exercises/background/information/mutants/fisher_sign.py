# fails: test_fisher
from solution import *
from solution import fisher as right


def fisher(logits):
    return -right(logits)
