# fails: test_residual_gradient_is_exact
from solution import *


def residual_gradient(U, c, z, grad_h):
    a = z @ U + c
    s = sigmoid(a)
    error = grad_h * (s + a * (1 - s))
    return z.T @ error, error.sum(axis=0), grad_h + error @ U.T
