# fails: test_successive_halving
# says: the better half is rounded down
from solution import *


def successive_halving(train, k, budget):
    left, cost = list(range(k)), 0
    while True:
        risks = [train(which, budget) for which in left]
        cost += budget * len(left)
        left = [left[i] for i in np.argsort(risks, kind="stable")[:max(1, len(left) // 2)]]
        if len(left) == 1:
            return left[0], cost
        budget *= 2
