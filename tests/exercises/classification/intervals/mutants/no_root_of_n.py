# fails: test_accuracy_interval
# says: a deviation of one loss, not of their mean
from solution import *


def accuracy_interval(losses, z):
    right = 1 - np.mean(losses)
    half = z * np.sqrt(right * (1 - right))
    return right - half, right + half
