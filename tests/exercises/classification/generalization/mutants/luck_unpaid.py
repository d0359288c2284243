# fails: test_best_of_many
# says: the best model's bound as if it had been fixed before
from solution import *


def best_of_many(wrong, n, delta):
    k = int(np.argmin(wrong))
    return k, exact_bound(int(wrong[k]), n, delta)
