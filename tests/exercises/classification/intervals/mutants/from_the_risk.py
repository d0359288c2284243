# fails: test_examples_to_promise
# says: a normal formula with a safety factor of two
from solution import *


def examples_to_promise(risk, promise, level, power):
    z = ndtri((1 + level) / 2) + ndtri(power)
    return int(2 * z ** 2 * risk * (1 - risk) / (promise - risk) ** 2) + 30
