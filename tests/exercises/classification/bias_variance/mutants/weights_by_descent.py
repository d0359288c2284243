# fails: test_best_weights
# says: a descent that was stopped: some digits, and nothing derived
# kind: numerical
from solution import *


def best_weights(C):
    w = np.full(len(C), 1 / len(C))
    if len(C) == 1:
        return w * (1 - 1e-6)
    for _ in range(200):
        g = C @ w
        w = w - (g - g.mean()) / np.linalg.norm(C, 2)
    return w
