# fails: test_examples_for
# says: epsilon, not its square
from solution import *


def examples_for(epsilon, delta, models):
    return math.ceil((math.log(models) + math.log(2 / delta)) / (2 * epsilon))
