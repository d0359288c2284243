# fails: test_parameter_count
import math

from solution import *


def parameter_count(parents, sizes):
    return sum(sizes[i] * math.prod(sizes[j] for j in above) for i, above in enumerate(parents))
