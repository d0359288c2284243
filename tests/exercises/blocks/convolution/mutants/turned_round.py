# fails: test_correlate
# says: a convolution in the strict sense: the filter is turned round
from solution import *


def correlate(x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (M, M)))
    return np.stack([np.einsum("kdm,dm->k", f[:, :, ::-1], padded[:, t:t + 2 * M + 1]) for t in range(T)], axis=1)
