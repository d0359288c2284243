# fails: test_entropy_slope
# says: differences: some digits, and nothing derived
# kind: numerical
from solution import *


def entropy_slope(s, beta):
    def entropy(beta):
        alpha = softmax(beta * s)
        return -np.sum(alpha * np.log(alpha), axis=1)
    return (entropy(beta + 1e-5) - entropy(beta - 1e-5)) / 2e-5
