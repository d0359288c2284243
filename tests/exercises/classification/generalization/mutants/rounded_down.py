# fails: test_examples_for
# says: rounded down: one example too few
from solution import *


def examples_for(epsilon, delta, models):
    return int((math.log(models) + math.log(2 / delta)) / (2 * epsilon ** 2))
