# fails: test_spectral_normalize
# says: the exact value, not what so many steps estimate
from solution import *


def spectral_normalize(U, v, steps):
    return U / np.linalg.svd(U, compute_uv=False)[0]
