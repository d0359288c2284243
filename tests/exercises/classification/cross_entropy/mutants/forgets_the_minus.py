# fails: test_softmax test_linear_gradient test_entropy_slope test_fit
from solution import *
from solution import softmax as right


def softmax(energies, beta):
    return right(-energies, beta)                   # the softmax of the energies, not of their negatives
