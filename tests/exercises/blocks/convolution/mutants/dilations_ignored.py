# fails: test_reach
# says: dilations are left out
from solution import *


def reach(taps, dilations, strides):
    seen, step = 1, 1
    for k, stride in zip(taps, strides, strict=True):
        seen += step * (k - 1)
        step *= stride
    return int(seen), int(step)
