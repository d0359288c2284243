# fails: test_gradient
from solution import *


def gradient(w, x, y, delta):
    def f(w):
        return loss(y - x @ w, delta)
    return np.array([(f(w + h) - f(w - h)) / 2e-6 for h in 1e-6 * np.eye(len(w))])
