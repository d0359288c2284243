# fails: test_covariance
from solution import *


def covariance(joint, x, y):
    return x.T @ joint @ y
