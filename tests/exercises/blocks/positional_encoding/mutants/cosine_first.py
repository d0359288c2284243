# fails: test_sinusoidal_table
# says: cosines in the even dimensions
from solution import *


def sinusoidal_table(positions, n, L):
    d = np.arange(n)
    angle = positions[:, None] / L ** ((d - d % 2) / n)
    return np.where(d % 2 == 0, np.cos(angle), np.sin(angle))
