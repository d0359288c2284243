# fails: test_energies
# says: the half is forgotten
from solution import *


def energies(x, W):
    return np.sum((x[:, :, None] - W) ** 2, axis=1)
