# fails: test_best_gate
# says: the weight of the item one step further back
from solution import *


def best_gate(k):
    u = (k + 1) / (k + 2)
    return u, (1 - u) * u ** (k + 1)
