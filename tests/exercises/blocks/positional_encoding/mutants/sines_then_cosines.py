# fails: test_sinusoidal_table
# says: first all sines, then all cosines
from solution import *


def sinusoidal_table(positions, n, L):
    angle = positions[:, None] / L ** (np.arange(0, n, 2) / n)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)[:, :n]
