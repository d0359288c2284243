# fails: test_margin_loss
import numpy as np
from solution import *


def margin_loss(energies, y, m):
    n = np.arange(len(y))
    return m + energies[n, y] - energies[n, best_wrong(energies, y)]
