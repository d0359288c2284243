# fails: test_deep_stack
# says: Glorot's weights: right at the start, and a signal that fades
from solution import *


def deep_stack(depth, width, seed):
    rng = np.random.default_rng(seed)
    return [0.97 * rng.normal(size=(width, width)) / math.sqrt(width) for _ in range(depth)]
