# fails: test_sinusoidal_table
# says: counts positions from 0 instead of taking those it is given
from solution import *


def sinusoidal_table(positions, n, L):
    d = np.arange(n)
    angle = np.arange(len(positions))[:, None] / L ** ((d - d % 2) / n)
    return np.where(d % 2 == 0, np.sin(angle), np.cos(angle))
