# fails: test_gradient_checker_judges_rightly
from solution import *


def is_gradient(f, gradient, x, seed):
    return True
