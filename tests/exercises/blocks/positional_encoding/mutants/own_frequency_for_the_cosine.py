# fails: test_sinusoidal_table
# says: the cosine has a frequency of its own, not its sine's
from solution import *


def sinusoidal_table(positions, n, L):
    d = np.arange(n)
    angle = positions[:, None] / L ** (d / n)
    return np.where(d % 2 == 0, np.sin(angle), np.cos(angle))
