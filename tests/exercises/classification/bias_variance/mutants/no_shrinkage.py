# fails: test_ridge_terms
# says: least squares, whose bias is zero
from solution import *


def ridge_terms(X, theta, std, price, at):
    rows = at @ np.linalg.pinv(X)
    return std ** 2 * np.sum(rows ** 2, axis=1), np.zeros(len(at))
