# fails: test_accuracy_interval
# says: the interval of the loss, not of the accuracy
from solution import *


def accuracy_interval(losses, z):
    loss, n = np.mean(losses), len(losses)
    half = z * np.sqrt(loss * (1 - loss) / n)
    return loss - half, loss + half
