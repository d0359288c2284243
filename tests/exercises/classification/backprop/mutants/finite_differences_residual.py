# fails: test_residual_gradient_is_exact
from solution import *


def residual_gradient(U, c, z, grad_h):
    h = 1e-6

    def f(U, c, z):
        a = z @ U + c
        return np.sum(grad_h * (z + a * sigmoid(a)))

    def slope(f, p):
        g = np.zeros(p.shape)
        for index in np.ndindex(p.shape):
            e = np.zeros(p.shape)
            e[index] = h
            g[index] = (f(p + e) - f(p - e)) / (2 * h)
        return g
    return slope(lambda U: f(U, c, z), U), slope(lambda c: f(U, c, z), c), slope(lambda z: f(U, c, z), z)
