# fails: test_averaged_perceptron
import numpy as np
from solution import *


def averaged_perceptron(x, y, n_categories, n_epochs):
    W, b = np.zeros((n_categories, x.shape[1])), np.zeros(n_categories)
    for _ in range(n_epochs):
        for x_n, y_n in zip(x, y):
            W, b = perceptron_step(W, b, x_n, y_n, 1.0)
    return W, b
