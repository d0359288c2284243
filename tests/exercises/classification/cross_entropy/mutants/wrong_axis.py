# fails: test_softmax
import numpy as np
from solution import *


def linear_gradient(W, b, x, y, right=softmax):
    push = (np.eye(len(b))[y] - right(-(x @ W.T + b), 1.0)) / len(y)
    return -push.T @ x, -push.sum(axis=0)


def entropy_slope(energies, beta, right=softmax):
    p = right(energies, beta)
    mean = np.sum(p * energies, axis=1, keepdims=True)
    return -beta * np.sum(p * (energies - mean) ** 2, axis=1)


def softmax(energies, beta):
    a = np.exp(-beta * (energies - energies.min(axis=0)))
    return a / a.sum(axis=0)
