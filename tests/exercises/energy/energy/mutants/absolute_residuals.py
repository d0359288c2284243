# fails: test_heavy_tail_fit
# says: the least absolute residuals: near, but another energy
from solution import *


def heavy_tail_fit(x, y, nu):
    theta = np.linalg.lstsq(x, y, rcond=None)[0]
    for _ in range(300):
        w = 1 / np.maximum(np.abs(y - x @ theta), 1e-9)
        theta = np.linalg.solve(x.T * w @ x, x.T @ (w * y))
    return theta
