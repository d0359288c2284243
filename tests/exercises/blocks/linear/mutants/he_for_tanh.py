# fails: test_deep_stack
# says: He's weights, made for a relu: the gradient blows up
from solution import *


def deep_stack(depth, width, seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(width, width)) * math.sqrt(2.5 / width) for _ in range(depth)]
