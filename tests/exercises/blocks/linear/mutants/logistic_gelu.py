# fails: test_gelu_slopes
# says: the derivative of x sigmoid(1.702 x), which only looks alike
from solution import *


def gelu_slopes(x):
    s = 1 / (1 + np.exp(-1.702 * x))
    return s + 1.702 * x * s * (1 - s), 1.702 * s * (1 - s) * (2 + 1.702 * x * (1 - 2 * s))
