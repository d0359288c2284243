# fails: test_rotate_pairs
# says: turned pairs are not put back in their places
from solution import *

in_places = rotate_pairs


def rotate_pairs(x, positions, L):
    n = x.shape[1]
    angle = positions[:, None] * L ** (-np.arange(0, n, 2) / n)
    cos, sin, a, b = np.cos(angle), np.sin(angle), x[:, 0::2], x[:, 1::2]
    return np.concatenate([cos * a - sin * b, sin * a + cos * b], axis=1)


def grid_rotation(x, rows, columns, L):
    half = x.shape[1] // 2
    return np.concatenate([in_places(x[:, :half], rows, L), in_places(x[:, half:], columns, L)], axis=1)
