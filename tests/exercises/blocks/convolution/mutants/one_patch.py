# fails: test_detector
# says: one patch of one image, wherever the pattern is
from solution import *


def detector(x, y):
    windows = sliding_window_view(x, (5, 5), axis=(1, 2)).reshape(len(x), -1, 25)
    first = windows[y == 1][0]
    f = first[len(first) // 2]
    largest = (windows @ f).max(axis=1)
    return f.reshape(5, 5), float(np.median(largest))
