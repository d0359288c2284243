# fails: test_energy_gradient
from solution import *
from solution import energy_gradient as right


def energy_gradient(b, J, x):
    in_b, in_J = right(b, J, x)
    return in_b, 2 * in_J
