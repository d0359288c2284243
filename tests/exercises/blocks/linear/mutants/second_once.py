# fails: test_gelu_slopes
# says: x phi differentiated as if phi were constant
from solution import *


def gelu_slopes(x):
    phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return ndtr(x) + x * phi, 2 * phi
