# fails: test_successive_halving
# says: all are trained to the end, and the best is taken
from solution import *


def successive_halving(train, k, budget):
    last = budget * 2 ** max(0, math.ceil(math.log2(max(k, 1))) - 1) + (k == 1)
    return int(np.argmin([train(which, last) for which in range(k)])), last * k
