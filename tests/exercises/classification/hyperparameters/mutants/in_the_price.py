# fails: test_ridge_slope
# says: the derivative in the price, not in its logarithm
from solution import *


def ridge_slope(x, y, log_price):
    price = math.exp(log_price)
    A = x.T @ x / len(x) + price * np.eye(x.shape[1])
    return -np.linalg.solve(A, np.linalg.solve(A, x.T @ y / len(x)))
