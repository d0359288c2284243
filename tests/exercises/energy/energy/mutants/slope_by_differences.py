# fails: test_heavy_tail_slope
# says: finite differences: eight digits
# kind: numerical
from solution import *


def heavy_tail_slope(x, y, theta, nu):
    f = lambda t: np.mean((nu + 1) / 2 * np.log(1 + (y - x @ t) ** 2 / nu))
    return np.array([(f(theta + h) - f(theta - h)) / 2e-6 for h in 1e-6 * np.eye(len(theta))])
