# fails: test_deep_stack
# says: the first layer nearly linear, and identities after it
# kind: input-independent
from solution import *


def deep_stack(depth, width, seed):
    return [0.05 * np.eye(width)] + [np.eye(width)] * (depth - 1)
