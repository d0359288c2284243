# fails: test_alibi
# says: the sign: the far away is preferred
from solution import *


def alibi(q, k, v):
    K, N, _ = q.shape
    slopes = 2.0 ** (-8 * np.arange(1, K + 1) / K)
    distance = np.arange(N)[:, None] - np.arange(N)
    s = q @ np.swapaxes(k, 1, 2) + slopes[:, None, None] * distance
    return softmax(np.where(distance >= 0, s, -np.inf)) @ v
