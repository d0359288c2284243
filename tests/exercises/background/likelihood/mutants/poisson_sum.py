# fails: test_poisson_gradient
import numpy as np
from solution import *


def poisson_gradient(w, X, y):
    return X.T @ (y - np.exp(X @ w))
