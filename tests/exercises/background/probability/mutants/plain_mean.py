# fails: test_covariance
from solution import *


def covariance(joint, x, y):
    return (x - x.mean(axis=0)).T @ joint @ (y - y.mean(axis=0))
