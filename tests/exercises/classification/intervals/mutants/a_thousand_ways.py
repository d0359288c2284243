# fails: test_permutation_test
# says: a thousand random ways: two digits
# kind: numerical
from solution import *


def permutation_test(differences):
    signs = np.random.default_rng(0).choice([-1, 1], size=(1000, len(differences)))
    return np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9) * (1 - 1e-6)
