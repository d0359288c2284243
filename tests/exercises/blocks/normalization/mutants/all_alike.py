# fails: test_scales
# says: the same scales whatever the Hessian
# kind: input-independent
from solution import *


def scales(H):
    return np.ones(len(H))
