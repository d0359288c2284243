# fails: test_grid_rotation
# says: the frequencies of n numbers go on from the first half into the second
from solution import *


def grid_rotation(x, rows, columns, L):
    half = x.shape[1] // 2
    return np.concatenate([rotate_pairs(x, rows, L)[:, :half], rotate_pairs(x, columns, L)[:, half:]], axis=1)
