# fails: test_grid_rotation
# says: all numbers are turned by row and column one after the other, which tells only their sum
from solution import *


def grid_rotation(x, rows, columns, L):
    return rotate_pairs(rotate_pairs(x, rows, L), columns, L)
