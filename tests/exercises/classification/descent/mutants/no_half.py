# fails: test_descent_bound
# says: L in place of L / 2
from solution import *


def descent_bound(fx, g, d, L):
    return fx + d @ g + L * np.sum(d * d, axis=1)
