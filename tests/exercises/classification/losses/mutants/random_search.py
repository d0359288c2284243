# fails: test_black_box
import numpy as np
from solution import *


def black_box(loss, W, b, n_calls, seed):
    rng = np.random.default_rng(seed)
    tries = [(rng.normal(size=W.shape), rng.normal(size=b.shape)) for _ in range(n_calls)]
    return min(tries, key=lambda theta: loss(*theta))
