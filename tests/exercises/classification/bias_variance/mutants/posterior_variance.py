# fails: test_ridge_terms
# says: std^2 a' A^-1 a: a Bayesian's variance, not that of the estimate
from solution import *


def ridge_terms(X, theta, std, price, at):
    A = X.T @ X + price * np.eye(X.shape[1])
    return std ** 2 * np.sum(at * np.linalg.solve(A, at.T).T, axis=1), (price * at @ np.linalg.solve(A, theta)) ** 2
