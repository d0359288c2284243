# fails: test_find_step
# says: each trial begins where the last one ended
from solution import *


def find_step(f, slope, theta, L):
    while True:
        height, g = f(theta), slope(theta)
        new = theta - g / L
        if f(new) <= height - g @ g / (2 * L):
            return new, L
        theta, L = new, 2 * L
