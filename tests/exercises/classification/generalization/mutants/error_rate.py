# fails: test_best_of_many
# says: the error rate itself
from solution import *


def best_of_many(wrong, n, delta):
    k = int(np.argmin(wrong))
    return k, wrong[k] / n
