# fails: test_falling_steps
# says: 1 / sqrt(t): the noise falls too slowly
from solution import *


def falling_steps(steps, L):
    return 0.5 / L / np.sqrt(1 + np.arange(steps) / 20)
