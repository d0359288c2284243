# fails: test_detector
# says: the mean image of each label: the pattern is smeared over all places
from solution import *


def detector(x, y):
    f = (x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0))[5:10, 5:10]
    largest = (sliding_window_view(x, (5, 5), axis=(1, 2)).reshape(len(x), -1, 25) @ f.ravel()).max(axis=1)
    return f, float(np.median(largest))
