# fails: test_gradient_checker_judges_rightly
from solution import *


def is_gradient(f, gradient, x, seed, h=1e-4):
    v = np.random.default_rng(seed).normal(size=len(x))
    slope = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return bool(abs(slope - gradient(x) @ v) < 1e-2 * max(abs(slope), 1))
