# fails: test_perceptron_step test_averaged_perceptron
import numpy as np
from solution import *


def perceptron_step(W, b, x, y, eta):
    W, b = W.copy(), b.copy()
    if np.argmin(-(W @ x + b)) != y:
        W[y] += eta * x                             # lowers the true energy, and forgets the other half
        b[y] += eta
    return W, b
