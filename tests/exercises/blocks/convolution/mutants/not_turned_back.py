# fails: test_correlate_backward
# says: back with the filter as it is, not turned round
from solution import *


def correlate_backward(g, x, f):
    _, by_f = _both(g, x, f)
    return correlate(g, f.swapaxes(0, 1)), by_f


def _both(g, x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (M, M)))
    return None, sum(np.einsum("k,dm->kdm", g[:, t], padded[:, t:t + 2 * M + 1]) for t in range(T))
