# fails: test_black_box
import numpy as np
from solution import *


def black_box(loss, W, b, n_calls, seed):
    return np.eye(*W.shape), np.zeros_like(b)       # never asks
