# fails: test_energy_of_the_data
# says: one bowl around the mean
from solution import *


def energy_of_the_data(x, query, seed):
    return np.sum((query - x.mean(axis=0)) ** 2, axis=1)
