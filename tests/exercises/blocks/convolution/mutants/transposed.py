# fails: test_together
# says: rows and columns of patches are exchanged
from solution import *


def together(patches, stride):
    n, m, k, _ = patches.shape
    total, count = np.zeros((2, (n - 1) * stride + k, (m - 1) * stride + k))
    for i in range(n):
        for j in range(m):
            total[i * stride:i * stride + k, j * stride:j * stride + k] += patches[i, j].T
            count[i * stride:i * stride + k, j * stride:j * stride + k] += 1
    return total / count
