# fails: test_best_gate
# says: the best of a fine grid: some digits, and nothing derived
# kind: numerical
from solution import *


def best_gate(k):
    u = np.linspace(0, 1, 20001)[:, None]
    weights = (1 - u) * u ** k
    return u[np.argmax(weights, axis=0), 0], weights.max(axis=0)
