# fails: test_gelu_slopes
# says: the product rule's second part is missing
from solution import *


def gelu_slopes(x):
    phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return ndtr(x), phi
