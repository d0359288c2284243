# fails: test_rotate_pairs test_grid_rotation
# says: turns the other way
from solution import *


def rotate_pairs(x, positions, L):
    n = x.shape[1]
    angle = -positions[:, None] * L ** (-np.arange(0, n, 2) / n)
    cos, sin, a, b = np.cos(angle), np.sin(angle), x[:, 0::2], x[:, 1::2]
    return np.stack([cos * a - sin * b, sin * a + cos * b], axis=-1).reshape(x.shape)


def grid_rotation(x, rows, columns, L):
    half = x.shape[1] // 2
    return np.concatenate([rotate_pairs(x[:, :half], rows, L), rotate_pairs(x[:, half:], columns, L)], axis=1)
