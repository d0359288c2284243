# fails: test_score_slopes
# says: only what the pairs have in common, not what is turned from one of a pair to the other
from solution import *


def score_slopes(q, k, i, j, L):
    n = len(q)
    omega = L ** (-np.arange(0, n, 2) / n)
    same = q[0::2] * k[0::2] + q[1::2] * k[1::2]
    angle = (j - i) * omega
    return float(-np.sum(omega * same * np.sin(angle))), float(-np.sum(omega ** 2 * same * np.cos(angle)))
