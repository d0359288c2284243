# fails: test_accuracy_interval
# says: the sample variance, divided by N - 1
from solution import *


def accuracy_interval(losses, z):
    right, n = 1 - np.mean(losses), len(losses)
    half = z * np.sqrt(right * (1 - right) / max(n - 1, 0.5))
    return right - half, right + half
