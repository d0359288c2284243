# fails: test_black_box
from solution import *
from solution import black_box as right


def black_box(loss, W, b, n_calls, seed):
    W, b = right(loss, W, b, n_calls, seed)
    return min([(W, b)] * n_calls, key=lambda theta: loss(*theta))
