# fails: test_sinusoidal_table
# says: the position stands in the exponent, as the lecture prints it
from solution import *


def sinusoidal_table(positions, n, L):
    i, d = positions[:, None], np.arange(n)
    return np.where(d % 2 == 0, np.sin(i / L ** (i / n)), np.cos(i / L ** ((i - 1) / n)))
