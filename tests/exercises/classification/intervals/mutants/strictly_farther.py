# fails: test_permutation_test
# says: strictly farther: the one that was seen does not count
from solution import *


def permutation_test(differences):
    signs = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    return np.mean(np.abs(signs @ differences) > abs(differences.sum()) + 1e-9)
