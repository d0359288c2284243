# fails: test_tuned_ridge
# says: the price that is best on the training data
from solution import *


def tuned_ridge(x, y, x_val, y_val, prices):
    risks = [np.mean((x @ fitted(x, y, price) - y) ** 2) for price in prices]
    price = prices[np.argmin(risks)]
    return price, fitted(np.vstack([x, x_val]), np.concatenate([y, y_val]), price)
