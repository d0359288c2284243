# fails: test_reach
# says: a block's stride already spreads its own taps
from solution import *


def reach(taps, dilations, strides):
    seen, step = 1, 1
    for k, dilation, stride in zip(taps, dilations, strides, strict=True):
        step *= stride
        seen += step * dilation * (k - 1)
    return int(seen), int(step)
