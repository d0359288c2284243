# fails: test_spectral_normalize
# says: v grows: the estimate is far too large, or infinite
from solution import *


def spectral_normalize(U, v, steps):
    with np.errstate(all="ignore"):
        for _ in range(steps):
            v = U.T @ (U @ v)
        return U / np.linalg.norm(U @ v)
