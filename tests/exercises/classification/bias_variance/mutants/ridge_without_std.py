# fails: test_ridge_terms
# says: the noise has a variance of 1
from solution import *


def ridge_terms(X, theta, std, price, at):
    A = X.T @ X + price * np.eye(X.shape[1])
    rows = at @ np.linalg.solve(A, X.T)
    return np.sum(rows ** 2, axis=1), (price * at @ np.linalg.solve(A, theta)) ** 2
