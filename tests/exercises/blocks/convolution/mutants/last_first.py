# fails: test_reach
# says: goes through the stack from its end
from solution import *


def reach(taps, dilations, strides):
    seen, step = 1, 1
    for k, dilation, stride in list(zip(taps, dilations, strides, strict=True))[::-1]:
        seen += step * dilation * (k - 1)
        step *= stride
    return int(seen), int(step)
