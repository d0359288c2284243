# fails: test_kalman_update
from solution import *
from solution import kalman_update as right


def kalman_update(mean, cov, H, R, z):
    return right(mean, cov, H, 1e-3 * R, z)
