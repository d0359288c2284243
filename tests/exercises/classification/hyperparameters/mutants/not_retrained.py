# fails: test_tuned_ridge
# says: learned from the training data alone, (2.141)
from solution import *


def tuned_ridge(x, y, x_val, y_val, prices):
    risks = [np.mean((x_val @ fitted(x, y, price) - y_val) ** 2) for price in prices]
    price = prices[np.argmin(risks)]
    return price, fitted(x, y, price)
