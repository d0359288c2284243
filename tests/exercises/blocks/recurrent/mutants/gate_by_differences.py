# fails: test_best_gate
# says: a slope by differences set to zero: half of the digits
# kind: numerical
from solution import *


def best_gate(k):
    f, low, high, e = lambda u: (1 - u) * u ** k, np.zeros_like(k), np.ones_like(k), 1e-6
    for _ in range(60):
        u = (low + high) / 2
        up = f(np.minimum(u + e, 1)) > f(np.maximum(u - e, 0))
        low, high = np.where(up, u, low), np.where(up, high, u)
    return u, f(u)
