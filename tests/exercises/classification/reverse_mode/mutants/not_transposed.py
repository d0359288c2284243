# fails: test_solve_rule_is_exact
from solution import *


def solve_rule(g, A, b):
    w = np.linalg.solve(A, g)
    return -np.outer(w, np.linalg.solve(A, b)), w
