# fails: test_best_gate
# says: the weight without the share that was written
from solution import *


def best_gate(k):
    u = k / (1 + k)
    return u, u ** k
