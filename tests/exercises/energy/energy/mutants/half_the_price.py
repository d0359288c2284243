# fails: test_represent
# says: the price is halved
from solution import *


def represent(x, W, price):
    return np.linalg.solve(W.T @ W + price / 2 * np.eye(W.shape[1]), W.T @ x.T).T
