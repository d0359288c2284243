# fails: test_detector
# says: the same filter whatever the images
# kind: input-independent
from solution import *


def detector(x, y):
    return np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]) / 9.0, 9.0
