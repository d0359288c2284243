# fails: test_best_gate
# says: the gate at which half is left after k steps
from solution import *


def best_gate(k):
    u = 0.5 ** (1 / np.maximum(k, 1e-9))
    return u, (1 - u) * u ** k
