# fails: test_ridge_slope
# says: the sign: as if parameters grew with the price
from solution import *


def ridge_slope(x, y, log_price):
    price = math.exp(log_price)
    A = x.T @ x / len(x) + price * np.eye(x.shape[1])
    return price * np.linalg.solve(A, np.linalg.solve(A, x.T @ y / len(x)))
