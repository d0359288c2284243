# fails: test_ridge_slope
# says: one inverse is missing
from solution import *


def ridge_slope(x, y, log_price):
    price = math.exp(log_price)
    return -price * np.linalg.solve(x.T @ x / len(x) + price * np.eye(x.shape[1]), x.T @ y / len(x))
