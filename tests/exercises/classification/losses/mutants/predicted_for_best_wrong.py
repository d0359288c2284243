# fails: test_margin_loss
import numpy as np
from solution import *


def margin_loss(energies, y, m):
    return np.maximum(0, m + energies[np.arange(len(y)), y] - energies.min(axis=1))     # y-hat for y-hat'
