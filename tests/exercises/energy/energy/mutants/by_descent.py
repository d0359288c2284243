# fails: test_represent
# says: some steps downhill, which stop early
# kind: numerical
from solution import *


def represent(x, W, price):
    z, L = np.zeros((len(x), W.shape[1])), np.linalg.norm(W, 2) ** 2 + price
    for _ in range(6):
        z = z - ((z @ W.T - x) @ W + price * z) / L
    return z
