# fails: test_linear_gradient test_fit
import numpy as np
from solution import *


def linear_gradient(W, b, x, y):
    push = np.eye(len(b))[y] / len(y)               # lowers the true energy, and all the others follow
    return -push.T @ x, -push.sum(axis=0)
