# fails: test_correlate
# says: the last value is repeated beyond an end
from solution import *


def correlate(x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (M, M)), mode="edge")
    return np.stack([np.einsum("kdm,dm->k", f, padded[:, t:t + 2 * M + 1]) for t in range(T)], axis=1)
