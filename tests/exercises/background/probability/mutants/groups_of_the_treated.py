# fails: test_adjusted_difference
from solution import *
from solution import adjusted_difference as right


def adjusted_difference(counts):
    share = counts[:, :, 1] / counts.sum(axis=2)
    p_z = counts[:, 1].sum(axis=1) / counts[:, 1].sum()                         # of the treated alone
    return right(counts)[0], float(p_z @ (share[:, 1] - share[:, 0]))
