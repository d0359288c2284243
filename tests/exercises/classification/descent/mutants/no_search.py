# fails: test_find_step
# says: a step of 1/L with the L that was given, whether it holds or not
from solution import *


def find_step(f, slope, theta, L):
    return theta - slope(theta) / L, L
