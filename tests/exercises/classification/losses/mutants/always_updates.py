# fails: test_perceptron_step
import numpy as np
from solution import *


def averaged_perceptron(x, y, n_categories, n_epochs, right=perceptron_step):
    W, b = np.zeros((n_categories, x.shape[1])), np.zeros(n_categories)
    W_sum, b_sum = np.zeros_like(W), np.zeros_like(b)
    for _ in range(n_epochs):
        for x_n, y_n in zip(x, y):
            W, b = right(W, b, x_n, y_n, 1.0)
            W_sum += W
            b_sum += b
    return W_sum / (n_epochs * len(y)), b_sum / (n_epochs * len(y))


def perceptron_step(W, b, x, y, eta):
    W, b = W.copy(), b.copy()
    energies = -(W @ x + b)
    energies[y] = np.inf
    wrong = np.argmin(energies)                     # the best wrong category, also where the prediction is right
    W[y] += eta * x
    b[y] += eta
    W[wrong] -= eta * x
    b[wrong] -= eta
    return W, b
