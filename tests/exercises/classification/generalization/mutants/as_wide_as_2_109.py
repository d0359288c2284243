# fails: test_best_of_many
# says: (2.109) itself: never broken, and too large
from solution import *


def best_of_many(wrong, n, delta):
    k = int(np.argmin(wrong))
    return k, wrong[k] / n + math.sqrt((math.log(len(wrong)) + math.log(2 / delta)) / (2 * n))
