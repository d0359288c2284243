# fails: test_correlate
# says: the other end lies beyond an end, not zeros
from solution import *


def correlate(x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    return np.stack([sum(f[:, :, m + M] @ x[:, (t + m) % T] for m in range(-M, M + 1)) for t in range(T)], axis=1)
