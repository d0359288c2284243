# fails: test_successive_halving
# says: the last one is trained once more, when nothing is to be decided
from solution import *


def successive_halving(train, k, budget):
    left, cost = list(range(k)), 0
    while True:
        risks = [train(which, budget) for which in left]
        cost += budget * len(left)
        if len(left) == 1:
            return left[0], cost
        left = [left[i] for i in np.argsort(risks, kind="stable")[:(len(left) + 1) // 2]]
        budget *= 2
