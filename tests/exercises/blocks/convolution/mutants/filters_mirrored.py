# fails: test_correlate_backward
# says: the taps of the filter's gradient in reverse
from solution import *


def correlate_backward(g, x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (M, M)))
    by_f = sum(np.einsum("k,dm->kdm", g[:, t], padded[:, t:t + 2 * M + 1]) for t in range(T))
    return correlate(g, f.swapaxes(0, 1)[:, :, ::-1]), by_f[:, :, ::-1]
