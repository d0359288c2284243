# fails: test_fill_in
# says: A is taken for a covariance
from solution import *


def fill_in(x, missing, A, b):
    x, seen = np.array(x, dtype=float), ~missing
    gain = A[np.ix_(missing, seen)] @ np.linalg.inv(A[np.ix_(seen, seen)])
    x[:, missing] = b[missing] + (x[:, seen] - b[seen]) @ gain.T
    return x
