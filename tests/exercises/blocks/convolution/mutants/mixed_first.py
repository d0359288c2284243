# fails: test_separable
# says: one filter for all channels
from solution import *


def separable(x, depth, point):
    H, W = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    filtered = sum(depth[0, a, b] * padded[:, :, a:a + H, b:b + W] for a in range(3) for b in range(3))
    return np.einsum("kc,nchw->nkhw", point, filtered)
