# fails: test_detector
# says: the threshold is 0: noise alone is above it somewhere
from solution import *

find = detector


def detector(x, y):
    return find(x, y)[0], 0.0
