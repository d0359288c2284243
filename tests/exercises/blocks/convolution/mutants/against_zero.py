# fails: test_max_pool_backward
# says: starts from 0: windows of negative numbers get nothing
from solution import *


def max_pool_backward(g, x, size):
    N, H, W = x.shape
    windows = x.reshape(N, H // size, size, W // size, size)
    largest = windows == np.maximum(windows.max(axis=(2, 4), keepdims=True), 0)
    return (largest * g[:, :, None, :, None]).reshape(x.shape)
