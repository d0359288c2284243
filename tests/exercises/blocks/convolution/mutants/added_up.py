# fails: test_together
# says: the sum where several lie over each other
from solution import *


def together(patches, stride):
    n, m, k, _ = patches.shape
    image = np.zeros(((n - 1) * stride + k, (m - 1) * stride + k))
    for i in range(n):
        for j in range(m):
            image[i * stride:i * stride + k, j * stride:j * stride + k] += patches[i, j]
    return image
