# fails: test_descent_bound
# says: the squares of all ways together, in place of each one's
from solution import *


def descent_bound(fx, g, d, L):
    return fx + d @ g + L / 2 * np.sum(d * d)
