# fails: test_alibi
# says: the future is seen, for the price of its distance
from solution import *


def alibi(q, k, v):
    K, N, _ = q.shape
    slopes = 2.0 ** (-8 * np.arange(1, K + 1) / K)
    distance = np.abs(np.arange(N)[:, None] - np.arange(N))
    s = q @ np.swapaxes(k, 1, 2) - slopes[:, None, None] * distance
    return softmax(np.where(distance >= -N, s, -np.inf)) @ v
