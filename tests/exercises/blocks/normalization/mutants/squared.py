# fails: test_spectral_normalize
# says: the eigenvalue of U'U: the square
from solution import *


def spectral_normalize(U, v, steps):
    v = v / np.linalg.norm(v)
    for _ in range(steps):
        v = U.T @ (U @ v)
        v = v / np.linalg.norm(v)
    return U / np.linalg.norm(U @ v) ** 2
