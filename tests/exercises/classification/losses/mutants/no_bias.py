# fails: test_perceptron_step test_averaged_perceptron
import numpy as np
from solution import *


def perceptron_step(W, b, x, y, eta):
    W = W.copy()
    predicted = np.argmin(-(W @ x + b))
    if predicted != y:
        W[y] += eta * x
        W[predicted] -= eta * x
    return W, b
