# fails: test_accuracy_interval
# says: always 1.96, whatever was asked for
from solution import *


def accuracy_interval(losses, z):
    right, n = 1 - np.mean(losses), len(losses)
    half = 1.96 * np.sqrt(right * (1 - right) / n)
    return right - half, right + half
