# fails: test_scales
# says: makes the rows alike in size, not the eigenvalues
from solution import *


def scales(H):
    d = np.ones(len(H))
    for _ in range(50):
        d = d / np.sqrt(np.linalg.norm(H * np.outer(d, d), axis=1))
    return d
