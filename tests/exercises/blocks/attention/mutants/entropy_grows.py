# fails: test_entropy_slope
# says: the sign: colder weights are sharper
from solution import *


def entropy_slope(s, beta):
    alpha = softmax(beta * s)
    mean = np.sum(alpha * s, axis=1, keepdims=True)
    return beta * np.sum(alpha * (s - mean) ** 2, axis=1)
