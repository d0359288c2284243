# fails: test_find_step
# says: any step that goes down is taken, even a little
from solution import *


def find_step(f, slope, theta, L):
    height, g = f(theta), slope(theta)
    while f(theta - g / L) > height:
        L = 2 * L
    return theta - g / L, L
