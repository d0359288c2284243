# fails: test_backward
from solution import *


def backward(parents, derivatives, output):
    gradient = np.zeros(len(parents))
    gradient[output] = 1
    for k in topological_order(parents, output):
        for p, d in zip(parents[k], derivatives[k]):
            gradient[p] = gradient[k] * d
    return gradient
