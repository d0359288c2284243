# fails: test_parameter_count
import math

from solution import *


def parameter_count(parents, sizes):
    return math.prod(sizes) - 1                             # the whole joint distribution, whatever the parents
