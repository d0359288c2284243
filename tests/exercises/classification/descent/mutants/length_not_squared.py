# fails: test_descent_bound
# says: the length of the way, not its square
from solution import *


def descent_bound(fx, g, d, L):
    return fx + d @ g + L / 2 * np.linalg.norm(d, axis=1)
