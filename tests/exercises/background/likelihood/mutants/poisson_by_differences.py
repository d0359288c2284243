# fails: test_poisson_gradient
import numpy as np
from solution import *


def poisson_gradient(w, X, y, h=1e-5):
    f = lambda w: np.mean(y * (X @ w) - np.exp(X @ w))
    return np.array([(f(w + s) - f(w - s)) / (2 * h) for s in h * np.eye(len(w))])
