# fails: test_fill_in
# says: the sign of what is observed is lost on the way to the other side
from solution import *


def fill_in(x, missing, A, b):
    x, seen = np.array(x, dtype=float), ~missing
    slope = (x[:, seen] - b[seen]) @ A[np.ix_(seen, missing)]
    x[:, missing] = b[missing] + np.linalg.solve(A[np.ix_(missing, missing)], slope.T).T
    return x
