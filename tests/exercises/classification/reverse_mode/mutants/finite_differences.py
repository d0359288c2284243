# fails: test_solve_rule_is_exact
from solution import *


def solve_rule(g, A, b, h=1e-6):
    def slope(x, f):
        out = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            e = np.zeros(x.shape)
            e[index] = h
            out[index] = g @ (f(x + e) - f(x - e)) / (2 * h)
        return out
    return slope(A, lambda a: np.linalg.solve(a, b)), slope(b, lambda c: np.linalg.solve(A, c))
