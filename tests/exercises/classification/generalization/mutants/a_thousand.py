# fails: test_examples_for
# says: always a thousand
# kind: input-independent
from solution import *


def examples_for(epsilon, delta, models):
    return 1000
