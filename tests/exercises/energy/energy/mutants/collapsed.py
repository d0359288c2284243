# fails: test_energy_of_the_data
# says: an energy of zero everywhere
# kind: input-independent
from solution import *


def energy_of_the_data(x, query, seed):
    return np.zeros(len(query))
