# fails: test_exactly_k_back
# says: the window starts from h_0, not from the state that was there
from solution import *


def exactly_k_back(g, x, h, W, b, k):
    by_W = np.zeros_like(W)
    for t in range(len(x)):
        window, last = x[max(0, t - k + 1):t + 1], np.zeros((min(k, t + 1), len(h)))
        last[-1] = g[t]
        by_W += through_time(last, window, h, W, b)[0]
    return by_W
