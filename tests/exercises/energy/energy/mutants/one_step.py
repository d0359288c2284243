# fails: test_heavy_tail_fit
# says: weights are computed once
from solution import *


def heavy_tail_fit(x, y, nu):
    theta = np.linalg.lstsq(x, y, rcond=None)[0]
    w = 1 / (nu + (y - x @ theta) ** 2)
    return np.linalg.solve(x.T * w @ x, x.T @ (w * y))
