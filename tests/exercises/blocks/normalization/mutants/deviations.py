# fails: test_scales
# says: one over the deviations, the usual choice
from solution import *


def scales(H):
    return 1 / np.sqrt(np.diag(H))
