# fails: test_alibi
# says: heads are counted from zero: the first has the slope 1
from solution import *


def alibi(q, k, v):
    K, N, _ = q.shape
    slopes = 2.0 ** (-8 * np.arange(K) / K)
    distance = np.arange(N)[:, None] - np.arange(N)
    s = q @ np.swapaxes(k, 1, 2) - slopes[:, None, None] * distance
    return softmax(np.where(distance >= 0, s, -np.inf)) @ v
