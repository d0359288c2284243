# fails: test_reach
# says: later blocks' taps are as far apart as the first one's
from solution import *


def reach(taps, dilations, strides):
    return int(1 + sum(a * (k - 1) for k, a in zip(taps, dilations, strict=True))), int(np.prod(strides))
