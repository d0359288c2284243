# fails: test_softmax test_entropy_slope
from solution import *
from solution import softmax as right


def softmax(energies, beta):
    return right(energies, 1 / max(beta, 1e-12))
