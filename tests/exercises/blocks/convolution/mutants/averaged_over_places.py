# fails: test_correlate_backward
# says: a mean over places where a sum belongs
from solution import *


def correlate_backward(g, x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (M, M)))
    by_f = sum(np.einsum("k,dm->kdm", g[:, t], padded[:, t:t + 2 * M + 1]) for t in range(T)) / max(T, 2)
    return correlate(g, f.swapaxes(0, 1)[:, :, ::-1]), by_f
