# fails: test_gelu_slopes
# says: differences: some digits, and nothing derived
# kind: numerical
from solution import *


def gelu_slopes(x):
    f, h = lambda x: x * ndtr(x), 1e-4
    return (f(x + h) - f(x - h)) / (2 * h), (f(x + h) - 2 * f(x) + f(x - h)) / h ** 2
