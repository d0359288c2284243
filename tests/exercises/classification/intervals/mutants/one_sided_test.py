# fails: test_permutation_test
# says: only means on the side that was seen
from solution import *


def permutation_test(differences):
    signs = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    return np.mean(signs @ differences >= differences.sum() - 1e-9)
