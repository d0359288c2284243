# fails: test_residual_gradient_is_exact
from solution import *
from solution import residual_gradient as right


def residual_gradient(U, c, z, grad_h):
    g_U, g_c, g_z = right(U, c, z, grad_h)
    return g_U, g_c, g_z - grad_h
