# fails: test_spectral_normalize
# says: over the Frobenius norm
from solution import *


def spectral_normalize(U, v, steps):
    return U / np.linalg.norm(U)
