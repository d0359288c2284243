# fails: test_energies
# says: half the distance, not half its square
from solution import *


def energies(x, W):
    return np.sqrt(np.sum((x[:, :, None] - W) ** 2, axis=1)) / 2
