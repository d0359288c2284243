# fails: test_ridge_terms
# says: a thousand simulations: two digits
# kind: numerical
from solution import *


def ridge_terms(X, theta, std, price, at):
    rng = np.random.default_rng(0)
    A = X.T @ X + price * np.eye(X.shape[1])
    y = X @ theta + std * rng.normal(size=(1000, len(X)))
    guesses = y @ (at @ np.linalg.solve(A, X.T)).T
    return guesses.var(axis=0), (guesses.mean(axis=0) - at @ theta) ** 2
