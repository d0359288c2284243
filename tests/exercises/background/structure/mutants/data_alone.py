# fails: test_energy_gradient
from solution import *


def energy_gradient(b, J, x):
    return x.mean(axis=0), 0.5 * x.T @ x / len(x)            # the slope of log Z is missing
