# fails: test_averaged_perceptron
import numpy as np
from solution import *


def averaged_perceptron(x, y, n_categories, n_epochs):
    W, b = np.zeros((n_categories, x.shape[1])), np.zeros(n_categories)
    W_sum, b_sum, mistakes = np.zeros_like(W), np.zeros_like(b), 0
    for _ in range(n_epochs):
        for x_n, y_n in zip(x, y):
            if np.argmin(-(W @ x_n + b)) != y_n:
                W, b = perceptron_step(W, b, x_n, y_n, 1.0)
                W_sum += W
                b_sum += b
                mistakes += 1
    return W_sum / mistakes, b_sum / mistakes
