# fails: test_deep_stack
# says: a good stack, and the same one for every seed
from solution import *


def deep_stack(depth, width, seed):
    rng = np.random.default_rng(0)
    return [1.12 * np.linalg.qr(rng.normal(size=(width, width)))[0] for _ in range(depth)]
