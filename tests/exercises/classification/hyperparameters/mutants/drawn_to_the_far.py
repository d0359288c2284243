# fails: test_chances
# says: the distance has the wrong sign
from solution import *


def chances(ei, distance, beta, alpha):
    a = beta * ei + alpha * distance
    q = np.exp(a - a.max())
    return q / q.sum()
