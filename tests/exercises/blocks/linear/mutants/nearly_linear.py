# fails: test_deep_stack
# says: small in the first layer, so that no tanh bends anything
from solution import *


def deep_stack(depth, width, seed):
    rng = np.random.default_rng(seed)
    turns = [np.linalg.qr(rng.normal(size=(width, width)))[0] for _ in range(depth)]
    return [0.25 * turns[0], *[1.08 * turn for turn in turns[1:]]]
