# fails: test_rotate_pairs
# says: pairs a number with the one half a row away, not with its neighbor
from solution import *

in_pairs = rotate_pairs


def rotate_pairs(x, positions, L):
    n = x.shape[1]
    angle = positions[:, None] * L ** (-np.arange(0, n, 2) / n)
    cos, sin, a, b = np.cos(angle), np.sin(angle), x[:, :n // 2], x[:, n // 2:]
    return np.concatenate([cos * a - sin * b, sin * a + cos * b], axis=1)


def grid_rotation(x, rows, columns, L):
    half = x.shape[1] // 2
    return np.concatenate([in_pairs(x[:, :half], rows, L), in_pairs(x[:, half:], columns, L)], axis=1)
