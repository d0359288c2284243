# fails: test_energy_of_the_data
# says: high where the data are: a compatibility, not an energy
from solution import *


def energy_of_the_data(x, query, seed):
    return np.exp(-((query[:, None] - x) ** 2).sum(axis=2) / 0.02).sum(axis=1)
