# fails: test_energies
# says: W read as K rows where it happens to fit
from solution import *


def energies(x, W):
    W = W.reshape(W.shape[::-1]).T
    return np.sum((x[:, :, None] - W) ** 2, axis=1) / 2
