# fails: test_poisson_gradient
from solution import *
from solution import poisson_gradient as right


def poisson_gradient(w, X, y):
    return -right(w, X, y)
