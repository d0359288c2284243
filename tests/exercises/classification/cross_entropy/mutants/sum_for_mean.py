# fails: test_linear_gradient
from solution import *
from solution import linear_gradient as right


def fit(x, y, n_categories, seed, gradient=linear_gradient):
    W, b = np.zeros((n_categories, x.shape[1])), np.zeros(n_categories)
    for _ in range(300):
        gW, gb = gradient(W, b, x, y)
        W, b = W - 2 * gW, b - 2 * gb
    return W, b


def linear_gradient(W, b, x, y):
    gW, gb = right(W, b, x, y)
    return len(y) * gW, len(y) * gb
