# fails: test_best_momentum
# says: found by a search: a few digits, and nothing derived
# kind: numerical
from solution import *


def best_momentum(low, high):
    from scipy.optimize import minimize

    def slowest(p):
        lr, mu = math.exp(p[0]), 1 / (1 + math.exp(-p[1]))
        return max(np.abs(np.linalg.eigvals([[1 - lr * h, -lr * mu], [h, mu]])).max() for h in (low, high))

    found = minimize(slowest, [math.log(2 / (low + high)), 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    return math.exp(found.x[0]), 1 / (1 + math.exp(-found.x[1]))
