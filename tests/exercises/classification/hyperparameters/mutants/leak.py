# fails: test_tuned_ridge
# says: each price is learned from both sets before it is measured on one: a leak
from solution import *


def tuned_ridge(x, y, x_val, y_val, prices):
    both = np.vstack([x, x_val]), np.concatenate([y, y_val])
    price = prices[np.argmin([np.mean((x_val @ fitted(*both, price) - y_val) ** 2) for price in prices])]
    return price, fitted(*both, price)
