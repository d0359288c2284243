# fails: test_correlate
# says: the window ends at t, and should have its center there
from solution import *


def correlate(x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (2 * M, 0)))
    return np.stack([np.einsum("kdm,dm->k", f, padded[:, t:t + 2 * M + 1]) for t in range(T)], axis=1)
