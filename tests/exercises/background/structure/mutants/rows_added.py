# fails: test_parameter_count
from solution import *


def parameter_count(parents, sizes):
    return sum((sizes[i] - 1) * max(1, sum(sizes[j] for j in above)) for i, above in enumerate(parents))
