# fails: test_sparsemax
from solution import *


def sparsemax(energies):
    return softmax(energies, 1.0)
