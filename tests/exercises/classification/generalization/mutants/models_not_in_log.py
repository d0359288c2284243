# fails: test_examples_for
# says: the number of models, not its logarithm
from solution import *


def examples_for(epsilon, delta, models):
    return math.ceil((models - 1 + math.log(2 / delta)) / (2 * epsilon ** 2))
