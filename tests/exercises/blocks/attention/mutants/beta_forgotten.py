# fails: test_entropy_slope
# says: the variance alone: beta is missing
from solution import *


def entropy_slope(s, beta):
    alpha = softmax(beta * s)
    mean = np.sum(alpha * s, axis=1, keepdims=True)
    return -np.sum(alpha * (s - mean) ** 2, axis=1)
