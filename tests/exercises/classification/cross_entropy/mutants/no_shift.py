# fails: test_softmax
import numpy as np
from solution import *


def linear_gradient(W, b, x, y, right=softmax):
    push = (np.eye(len(b))[y] - right(-(x @ W.T + b), 1.0)) / len(y)
    return -push.T @ x, -push.sum(axis=0)


def softmax(energies, beta):
    a = np.exp(-beta * energies)
    return a / a.sum(axis=1, keepdims=True)
