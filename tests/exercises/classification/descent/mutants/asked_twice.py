# fails: test_find_step
# says: the height at theta is computed again in each trial
from solution import *


def find_step(f, slope, theta, L):
    g = slope(theta)
    while f(theta - g / L) > f(theta) - g @ g / (2 * L):
        L = 2 * L
    return theta - g / L, L
