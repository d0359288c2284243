# fails: test_kalman_update
from solution import *
from solution import kalman_update as right


def kalman_update(mean, cov, H, R, z):
    m, c, _ = right(mean, cov, H, R, z)
    return m, c, float(log_density(z[None], H @ m, R)[0])               # after it was seen
