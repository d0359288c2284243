# fails: test_fill_in
# says: each missing coordinate is set as if the others were b
from solution import *


def fill_in(x, missing, A, b):
    x = np.where(missing, b, x)
    d = x - b
    for j in np.flatnonzero(missing):
        x[:, j] = b[j] - (d @ A[:, j] - d[:, j] * A[j, j]) / A[j, j]
    return x
