# fails: test_gradient_checker_judges_rightly
from solution import *


def is_gradient(f, gradient, x, seed, h=1e-5):
    e = h * np.eye(len(x))
    return bool(all(abs((f(x + d) - f(x - d)) / (2 * h) - s) < 1e-3 for d, s in zip(e, gradient(x))))
