# fails: test_newton
from solution import *


def newton(f, slope, start, steps):
    return start - f(start) / slope(start)
