# fails: test_examples_to_promise
# says: ten thousand, to be sure
# kind: input-independent
from solution import *


def examples_to_promise(risk, promise, level, power):
    return 10_000
