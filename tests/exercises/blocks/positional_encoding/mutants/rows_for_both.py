# fails: test_grid_rotation
# says: the second half is turned by the row, too
from solution import *


def grid_rotation(x, rows, columns, L):
    half = x.shape[1] // 2
    return np.concatenate([rotate_pairs(x[:, :half], rows, L), rotate_pairs(x[:, half:], rows, L)], axis=1)
